import type { RowsLike } from "@pushforward/core";
import { checkOptions, readRows } from "@pushforward/core/extend";
import { type HostRows, normalQuantile } from "@pushforward/core/plain";
import { normalTail } from "@pushforward/ops";
import { columnOf } from "./column-of.ts";
import { testColumns, type UniformityOptions, type UniformityReport } from "./uniformity.ts";

/** What {@link pit} finds; `pValue` is that of the tests of columns and of pairs together. */
export interface PitReport extends UniformityReport {
  /**
   * Of each pair of columns that it is uncorrelated, by Fisher's transform of the correlation of normal scores; none for
   * one column.
   */
  readonly pairs: readonly {
    readonly columns: readonly [number, number];
    readonly correlation: number;
    readonly pValue: number;
  }[];
}

/**
 * Probability integral transform (Dawid 1984; Rosenblatt 1952): the values `u = F(y | x)` of a distribution function at
 * what was observed are uniform on [0, 1] when `F` is right. For more than one dimension give a column each with
 * `F(yⱼ | y₁ … yⱼ₋₁, x)`, which are uniform and independent. The tests are χ² on the histogram and Kolmogorov–Smirnov of
 * each column, and the correlation of each pair.
 *
 * @param cdfValues `[n, d]` or `[n]`.
 * @throws {DataError} a number outside of [0, 1], no rows.
 * @throws {OptionError} bins or level out of range.
 * @example
 * // Waiting times that a model says are exponential with mean 1, whose distribution function is 1 − exp(−t).
 * const times = Array.from({ length: 100 }, (_, i) => -Math.log((i + 0.5) / 100));
 * const { columns, pValue } = pit(times.map((t) => 1 - Math.exp(-t)));
 * const svgs = columns.map(({ counts, band }) => rankPlot({ counts, band }));
 */
export function pit(cdfValues: RowsLike, options: UniformityOptions = {}): PitReport {
  checkOptions("pit", options, { bins: true, level: true });
  const table = readRows(cdfValues, "pit", "cdfValues");
  const { columns, pValue } = testColumns(table, options, "pit");
  const pairs = pairsOf(table);
  const count = 2 * columns.length + pairs.length;
  const least = Math.min(pValue / (2 * columns.length), ...pairs.map((pair) => pair.pValue));
  return { columns, pairs, pValue: pairs.length === 0 ? pValue : Math.min(1, count * least) };
}

function pairsOf(table: HostRows): PitReport["pairs"] {
  const n = table.rows;
  // Fisher's transform needs more than three.
  if (n < 4) return [];
  const scores = Array.from({ length: table.columns }, (_, j) => scoresOf(columnOf(table, j)));
  return scores.flatMap((a, i) =>
    scores.slice(i + 1).map((b, k) => {
      const correlation = a.reduce((sum, value, row) => sum + value * (b[row] as number), 0);
      const z = Math.abs(Math.atanh(Math.max(-1, Math.min(1, correlation)))) * Math.sqrt(n - 3);
      return { columns: [i, i + 1 + k] as const, correlation, pValue: 2 * normalTail(z) };
    }),
  );
}

/** Normal scores of length 1 and mean 0. */
function scoresOf(column: Float64Array): Float64Array {
  // 0 and 1 have infinite scores.
  const z = column.map((u) => normalQuantile(Math.max(1e-12, Math.min(1 - 1e-12, u))));
  const mean = z.reduce((sum, value) => sum + value, 0) / z.length;
  const length = Math.sqrt(z.reduce((sum, value) => sum + (value - mean) ** 2, 0)) || 1;
  return z.map((value) => (value - mean) / length);
}
