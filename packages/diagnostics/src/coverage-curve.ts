import { OptionError } from "@pushforward/core";
import { binomialBand, kolmogorovSmirnov } from "@pushforward/ops";
import { checkShare } from "./check-options.ts";

/** Options of a curve of coverage. */
export interface CoverageOptions {
  /** Credibility levels from 0 to 1: 0, 0.05, …, 1. */
  readonly levels?: readonly number[] | undefined;
  /** Share of calibrated curves that lie within the band at a given level. Default: 0.99. */
  readonly bandLevel?: number | undefined;
}

/** How often regions hold the truth. */
export interface CoverageCurve {
  /** Credibility levels of the regions. */
  readonly levels: readonly number[];
  /** The share of truths inside of the regions of each level: the level itself when calibrated, below it when too narrow. */
  readonly coverage: readonly number[];
  /** Where the coverage of a calibrated posterior lies at each level: quantiles of the binomial distribution. */
  readonly band: { readonly low: readonly number[]; readonly high: readonly number[] };
  /** Levels at which the coverage is outside of the band. */
  readonly outside: number;
  /** The mean of coverage − level over all levels, `½ − mean of values`: below 0 for too narrow, above for too wide. */
  readonly bias: number;
  /** Of the Kolmogorov–Smirnov test that the values are uniform, which looks at all levels at once. */
  readonly pValue: number;
  /** By run: the level of the smallest region that holds the truth, uniform on [0, 1] when calibrated. */
  readonly values: Float64Array;
}

/** The curve of the smallest levels at which regions hold the truth. */
export function coverageCurve(values: Float64Array, options: CoverageOptions, where: string): CoverageCurve {
  const { levels = Array.from({ length: 21 }, (_, i) => i / 20) } = options;
  const bandLevel = checkShare(where, "bandLevel", options.bandLevel ?? 0.99);
  if (levels.length === 0) throw new OptionError(`${where}: expected at least one level, got none.`);
  for (const level of levels) {
    if (!(level >= 0 && level <= 1)) throw new OptionError(`${where}: expected levels from 0 to 1, got ${level}.`);
  }
  const n = values.length;
  const sorted = Float64Array.from(values).sort();
  const coverage = levels.map((level) => countUpTo(sorted, level) / n);
  const bands = levels.map((level) => binomialBand(n, level, bandLevel).map((count) => count / n));
  const [low, high] = [0, 1].map((side) => bands.map((band) => band[side] as number)) as [number[], number[]];
  return {
    levels: [...levels],
    coverage,
    band: { low, high },
    outside: coverage.filter((share, i) => share < (low[i] as number) || share > (high[i] as number)).length,
    bias: 0.5 - values.reduce((sum, value) => sum + value, 0) / n,
    pValue: kolmogorovSmirnov(sorted).pValue,
    values,
  };
}

/** How many numbers of a sorted array are at most `limit`. */
export function countUpTo(sorted: Float64Array, limit: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as number) <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
