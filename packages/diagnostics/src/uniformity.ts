import { DataError } from "@pushforward/core";
import type { HostRows } from "@pushforward/core/plain";
import { binomialBand, chiSquaredTail, kolmogorovSmirnov } from "@pushforward/ops";
import { checkCount, checkShare } from "./check-options.ts";
import { columnOf } from "./column-of.ts";

/** Options of the histograms of what should be uniform. */
export interface UniformityOptions {
  /** Bins of equal width: a twentieth of the values, from 2 to 20. */
  readonly bins?: number | undefined;
  /** Share of uniform histograms that have a given bin within the band. Default: 0.99. */
  readonly level?: number | undefined;
}

/** Whether numbers are uniform on [0, 1]. */
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
