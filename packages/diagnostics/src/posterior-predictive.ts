import type { RowsLike } from "@pushforward/core";
import { readRows } from "@pushforward/core/extend";
import { quantile } from "@pushforward/core/plain";
import { checkShare } from "./check-options.ts";
import { columnOf } from "./column-of.ts";
import { readColumn } from "./read-column.ts";

/** How one statistic that was observed lies among those that were simulated. */
export interface PredictiveStatistic {
  readonly observed: number;
  readonly mean: number;
  readonly deviation: number;
  /** Ends of the central interval, and the median. */
  readonly low: number;
  readonly median: number;
  readonly high: number;
  /** `2·min(P(simulated ≤ observed), P(simulated ≥ observed))`, each `(1 + count)/(1 + n)`, at most 1. */
  readonly pValue: number;
}

/** What {@link posteriorPredictive} finds. */
export interface PredictiveReport {
  /** By column. */
  readonly statistics: readonly PredictiveStatistic[];
  /** The smallest p-value times the number of statistics, at most 1. */
  readonly pValue: number;
}

/**
 * Posterior predictive check (Rubin 1984; Gelman, Meng, Stern 1996): data simulated with draws of the posterior, beside
 * the observation. A small p-value says that the posterior, or the simulator, does not explain that statistic. A large one
 * is weaker than calibration: the posterior has seen the observation.
 *
 * @param simulated data or summary statistics, a row for each draw of the posterior, `[n, m]`.
 * @param observed the same of the observation, `[m]`.
 * @param options `level`: mass of the central intervals, 0.9.
 * @throws {ShapeError} shapes that do not fit. @throws {DataError} a number that is not finite, no rows.
 * @throws {OptionError} level out of range.
 * @example
 * const simulated = [[9, 2], [11, 3], [10, 4], [12, 3]]; // two summary statistics of four simulations
 * const { statistics, pValue } = posteriorPredictive(simulated, [10, 3]);
 * pValue; // → 1
 */
export function posteriorPredictive(
  simulated: RowsLike,
  observed: RowsLike,
  options: { readonly level?: number | undefined } = {},
): PredictiveReport {
  const where = "posteriorPredictive";
  const tail = (1 - checkShare(where, "level", options.level ?? 0.9)) / 2;
  const table = readRows(simulated, where, "simulated");
  const values = readColumn(observed, where, "observed", table.columns);
  const statistics = Array.from(values, (value, j): PredictiveStatistic => {
    const sorted = columnOf(table, j).sort();
    const n = sorted.length;
    const mean = sorted.reduce((sum, one) => sum + one, 0) / n;
    const squares = sorted.reduce((sum, one) => sum + (one - mean) ** 2, 0);
    const [below, above] = [sorted.filter((one) => one <= value).length, sorted.filter((one) => one >= value).length];
    return {
      observed: value,
      mean,
      deviation: Math.sqrt(squares / Math.max(1, n - 1)),
      low: quantile(sorted, tail),
      median: quantile(sorted, 0.5),
      high: quantile(sorted, 1 - tail),
      pValue: Math.min(1, (2 * (1 + Math.min(below, above))) / (1 + n)),
    };
  });
  return {
    statistics,
    pValue: Math.min(1, statistics.length * Math.min(...statistics.map(({ pValue }) => pValue))),
  };
}
