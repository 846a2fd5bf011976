import { DataError, type Key, type RowsLike } from "@pushforward/core";
import { checkKey, checkOptions } from "@pushforward/core/extend";
import type { HostRows } from "@pushforward/core/plain";
import { binomialBand, chiSquaredTail, kolmogorovSmirnov } from "@pushforward/ops";
import { checkCount, checkShare } from "./check-options.ts";
import { RandomRanks } from "./expected-coverage.ts";
import { type DrawsLike, readCalibration } from "./posterior-predictive.ts";
import { columnOf } from "./read-column.ts";

/** Options of uniformity histograms. */
export interface UniformityOptions {
  /** Bins of equal width: a twentieth of the values, from 2 to 20. */
  readonly bins?: number | undefined;
  /** Share of uniform histograms that have a given bin within the band. Default: 0.99. */
  readonly level?: number | undefined;
}

/** Test result for uniformity of numbers on [0, 1]. */
export interface Uniformity {
  /** The numbers, in their order. */
  readonly values: Float64Array;
  /** Of bins of equal width. */
  readonly counts: Int32Array;
  /** The mean of each count of a uniform distribution. */
  readonly expected: number;
  /** Where a given bin lies with the probability of the level: quantiles of the binomial distribution. */
  readonly band: readonly [low: number, high: number];
  /** Bins outside of the band. */
  readonly outside: number;
  readonly chiSquared: { readonly statistic: number; readonly pValue: number };
  readonly kolmogorovSmirnov: { readonly statistic: number; readonly pValue: number };
}

/** The test of each column, and of all together. */
export interface UniformityReport {
  /** By column. */
  readonly columns: readonly Uniformity[];
  /** Smallest p-value of all tests of all columns, times their number (Bonferroni), at most 1. */
  readonly pValue: number;
}

/** Tests the columns of a table. */
export function testColumns(table: HostRows, options: UniformityOptions, where: string): UniformityReport {
  const columns = Array.from({ length: table.columns }, (_, j) => testUniformity(columnOf(table, j), options, where));
  const pValues = columns.flatMap((one) => [one.chiSquared.pValue, one.kolmogorovSmirnov.pValue]);
  return { columns, pValue: Math.min(1, pValues.length * Math.min(...pValues)) };
}

/** Tests some numbers. */
function testUniformity(values: Float64Array, options: UniformityOptions, where: string): Uniformity {
  const n = values.length;
  const bins = checkCount(where, "bins", options.bins ?? Math.min(20, Math.max(2, Math.floor(n / 20))), 2);
  const level = checkShare(where, "level", options.level ?? 0.99);
  const bad = values.findIndex((u) => !(u >= 0 && u <= 1));
  if (bad >= 0) {
    throw new DataError(`${where}: expected numbers from 0 to 1, got ${values[bad]} in row ${bad + 1}.`, {
      row: bad + 1,
    });
  }
  const counts = new Int32Array(bins);
  for (const u of values) {
    const bin = Math.min(bins - 1, Math.floor(u * bins));
    counts[bin] = (counts[bin] as number) + 1;
  }
  const expected = n / bins;
  const band = binomialBand(n, 1 / bins, level);
  const statistic = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  return {
    values,
    counts,
    expected,
    band,
    outside: counts.filter((count) => count < band[0] || count > band[1]).length,
    chiSquared: { statistic, pValue: chiSquaredTail(statistic, bins - 1) },
    kolmogorovSmirnov: kolmogorovSmirnov(Float64Array.from(values).sort()),
  };
}

/** Options of {@link simulationBasedCalibration}. */
export interface CalibrationOptions extends UniformityOptions {
  /** Breaks ties, and spreads ranks over their bins. */
  readonly key: Key;
}

/** Result of {@link simulationBasedCalibration}. */
export interface CalibrationReport extends UniformityReport {
  /** `#{l : θ⁽ˡ⁾ < θ*}` by run and parameter, `[n, d]` row-major, each from 0 to the number of draws. */
  readonly ranks: Int32Array;
  /** Draws of each posterior. */
  readonly draws: number;
}

/**
 * Simulation-based calibration (Talts et al. 2018, arXiv:1804.06788): for `θ* ~ prior`, `x ~ p(x | θ*)` and draws of
 * the posterior at x, the rank of each `θ*ⱼ` among its draws is uniform if the posterior is correct. The `values` of
 * each column are `(rank + U)/(draws + 1)`, uniform for any number of draws. χ² and Kolmogorov–Smirnov test these
 * values.
 *
 * Parameter ranks test marginal distributions only. To test more, append a column with a function of parameters and
 * data to both arguments, for instance a product or the log-density (Modrák et al. 2023, arXiv:2211.02383).
 *
 * @param truths the parameters that made the observations, `[n, d]`.
 * @param draws of the posterior at each observation, `[n, draws, d]`; independent draws.
 * @throws {ShapeError} shapes that do not fit. @throws {DataError} a number that is not finite, no rows.
 * @throws {OptionError} no key, bins or level out of range.
 * @example
 * const { columns, pValue } = simulationBasedCalibration(truths, draws, { key: createKey(0) });
 * if (pValue < 0.001) console.log(columns.map(({ counts }) => counts)); // ∪ too narrow, ∩ too wide, slope: shifted
 */
export function simulationBasedCalibration(
  truths: RowsLike,
  draws: DrawsLike,
  options: CalibrationOptions,
): CalibrationReport {
  checkOptions("simulationBasedCalibration", options, { bins: true, level: true, key: true });
  const where = "simulationBasedCalibration";
  checkKey(where, options);
  const { truth, runs, draws: count, columns, data } = readCalibration(truths, draws, where);
  const ranks = new Int32Array(runs * columns);
  const levels = new Float64Array(runs * columns);
  const random = new RandomRanks(options.key, runs * columns);
  for (let i = 0; i < runs; i++) {
    for (let j = 0; j < columns; j++) {
      const value = truth.data[i * columns + j] as number;
      let [below, equal] = [0, 0];
      for (let l = 0, at = i * count * columns + j; l < count; l++, at += columns) {
        const draw = data[at] as number;
        if (draw < value) below++;
        else if (draw === value) equal++;
      }
      const { rank, level } = random.next(below, equal, count);
      ranks[i * columns + j] = rank;
      levels[i * columns + j] = level;
    }
  }
  return { ranks, draws: count, ...testColumns({ rows: runs, columns, data: levels }, options, where) };
}
