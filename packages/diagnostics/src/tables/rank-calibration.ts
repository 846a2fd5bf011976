import { DataError, type Key } from "@pushforward/core";
import { checkOptions } from "@pushforward/core/extend";
import { normalQuantile } from "@pushforward/core/plain";
import { kolmogorovTail } from "@pushforward/ops";
import { checkShare } from "../check-options.ts";

/** Options of {@link rankCalibration}. */
export interface RankCalibrationOptions {
  readonly key: Key;
  /** Share of calibrated histograms that have a given bin within the band. Default: 0.99. */
  readonly level?: number | undefined;
}

/** Result of {@link rankCalibration}. */
export interface RankCalibration {
  /** Number of observations with a rank in each of 20 bins, or fewer bins for few observations. */
  readonly counts: Int32Array;
  /** Where the count of a bin lies when the samples are right. */
  readonly band: readonly [low: number, high: number];
  /** The largest distance of the ranks from uniform ones (Kolmogorov–Smirnov), from 0 to 1. */
  readonly statistic: number;
  /** Of the hypothesis that observations and samples have the same distribution. */
  readonly pValue: number;
}

const MOST_BINS = 20;
const ROWS_PER_BIN = 20;

/**
 * Tests if observations rank among model samples like samples do: the probability integral transform (Dawid 1984) with
 * the distribution function of the samples, randomized over equal values (Czado et al. 2009), and a Kolmogorov–Smirnov
 * test that accounts for random samples. Values of a column test the column, log-densities the rows, log-probabilities
 * of cells a column given the previous columns.
 *
 * @param samples NaN is a separate value, below all other values.
 * @throws {DataError} the observations or the samples are empty.
 * @example
 * const { pValue } = rankCalibration(createKey(0).normal(500), createKey(1).normal(1000), { key });
 * console.log(pValue > 1e-3); // true
 */
export function rankCalibration(
  observed: ArrayLike<number>,
  samples: ArrayLike<number>,
  options: RankCalibrationOptions,
): RankCalibration {
  checkOptions("rankCalibration", options, { key: true, level: true });
  const { key, level = 0.99 } = options;
  const where = "rankCalibration";
  checkShare(where, "level", level);
  const [n, m] = [observed.length, samples.length];
  if (n === 0 || m === 0) throw new DataError(`${where}: expected observations and samples, got ${n} and ${m}.`);
  const sorted = Float64Array.from(samples, numbered).sort();
  const uniforms = key.uniform(n);
  const ranks = Float64Array.from(observed, (value, row) => {
    const x = numbered(value);
    const below = firstAt(sorted, (other) => other >= x);
    const equal = firstAt(sorted, (other) => other > x) - below;
    return (below + (uniforms[row] as number) * (equal + 1)) / (m + 1);
  }).sort();
  const bins = Math.min(MOST_BINS, Math.max(2, Math.floor(n / ROWS_PER_BIN)));
  const counts = new Int32Array(bins);
  let statistic = 0;
  for (const [i, u] of ranks.entries()) {
    const bin = Math.min(bins - 1, Math.floor(u * bins));
    counts[bin] = (counts[bin] as number) + 1;
    statistic = Math.max(statistic, u - i / n, (i + 1) / n - u);
  }
  // A count is random twice: by the observations and by the samples that set the ends of its bin.
  const deviation = Math.sqrt((n / bins) * (1 - 1 / bins) * (1 + n / m)) * normalQuantile((1 + level) / 2);
  const band = [Math.max(0, Math.floor(n / bins - deviation)), Math.ceil(n / bins + deviation)] as const;
  return { counts, band, statistic, pValue: kolmogorovTail(statistic, (n * m) / (n + m)) };
}

function numbered(value: number): number {
  return Number.isNaN(value) ? Number.NEGATIVE_INFINITY : value;
}

/** First index of a sorted list from which on a condition is true. */
function firstAt(sorted: Float64Array, holds: (value: number) => boolean): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(sorted[middle] as number)) high = middle;
    else low = middle + 1;
  }
  return low;
}
