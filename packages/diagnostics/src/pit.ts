import { readMatrix, type SamplesLike } from "./numbers.ts";
import { testColumns, type UniformityOptions, type UniformityReport } from "./uniformity.ts";

/**
 * Probability integral transform (Dawid 1984): the values `u = F(y | x)` of a distribution function at what was observed
 * are uniform on [0, 1] when `F` is right. For more than one dimension give a column each with `F(yⱼ | y₁ … yⱼ₋₁, x)`,
 * which are uniform and independent. The tests are χ² on the histogram and Kolmogorov–Smirnov.
 *
 * @param cdfValues `[n, d]` or `[n]`.
 * @throws {DataError} a number outside of [0, 1], no rows.
 * @throws {OptionError} bins or level out of range.
 * @example
 * const { columns, pValue } = pit(observed.map((y, i) => normalCdf(y, mean[i], sd[i])));
 * const svg = rankPlot({ counts: columns[0].counts, band: columns[0].band });
 */
export function pit(cdfValues: SamplesLike, options: UniformityOptions = {}): UniformityReport {
  return testColumns(readMatrix(cdfValues, "pit", "cdfValues"), options, "pit");
}
