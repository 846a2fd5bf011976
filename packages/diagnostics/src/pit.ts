import { DataError, type RowsLike } from "@pushforward/core";
import { checkOptions, readRows } from "@pushforward/core/extend";
import { type HostRows, normalQuantile, softmax } from "@pushforward/core/plain";
import { normalTail } from "@pushforward/ops";
import { columnOf, readColumn } from "./read-column.ts";
import { testColumns, type UniformityOptions, type UniformityReport } from "./simulation-based-calibration.ts";

/** Result of {@link pit}; `pValue` combines the tests of columns and of pairs. */
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
 * the observations are uniform on [0, 1] if `F` is correct. For more than one dimension pass one column each with
 * `F(yⱼ | y₁ … yⱼ₋₁, x)`; these columns are uniform and independent. The tests are χ² on the histogram and
 * Kolmogorov–Smirnov for each column, and the correlation for each pair.
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

/**
 * Kish's effective sample size of importance weights, `(Σ w)²/Σ w²`: from 1 to the number of draws. It is too high if the
 * weights have a heavy tail beyond the draws: see {@link paretoSmoothedWeights}.
 *
 * @param logWeights `log p(θ) − log q(θ)` up to a constant, for draws of q, `[n]`; −∞ for a weight of 0.
 * @throws {DataError} NaN, +∞, no weights, or only weights of 0.
 * @example
 * effectiveSampleSize([0, 0, 0, -100]); // → 3
 */
export function effectiveSampleSize(logWeights: RowsLike): number {
  return kish(relativeWeights(logWeights, "effectiveSampleSize").weights);
}

/** Tolerance for equal weights, relative to the largest weight. */
const EQUAL = 1e-9;

/** Result of {@link paretoSmoothedWeights}. */
export interface SmoothedWeights {
  /**
   * Shape of the generalized Pareto distribution of the largest weights. Estimates are reliable below `threshold`. From
   * 0.7 on they take an impractical number of draws. From 1 on the mean of the weights does not exist.
   */
  readonly paretoK: number;
  /** `min(1 − 1/log₁₀ n, 0.7)`. */
  readonly threshold: number;
  /** Kish's, of the smoothed weights. */
  readonly effectiveSampleSize: number;
  /** Logarithms of the smoothed weights, normalized to sum 1, in the order of the draws. */
  readonly logWeights: Float64Array;
}

/**
 * Pareto-smoothed importance weights (Vehtari et al. 2015, arXiv:1507.02646): a generalized Pareto distribution is fitted to
 * the `min(n/5, 3√n)` largest weights (Zhang and Stephens 2009), which are replaced by its quantiles, at most the largest raw
 * weight. Its shape k measures the reliability of the draws; if the largest weight is too small
 * for the fitted shape, k is its bound and no weight is replaced. Fewer than 5 weights in the tail, or equal ones, cannot be fitted:
 * then k is ∞ or 0 and no weight is replaced. Weights of 0 stay 0.
 *
 * @param logWeights `log p(θ) − log q(θ)` up to a constant, for draws of q, `[n]`; −∞ for a weight of 0.
 * @throws {DataError} NaN, +∞, no weights, or only weights of 0.
 * @example
 * const [samples, logProb] = flow.sampleAndLogProb(createKey(0), [1000]);
 * const target = new StandardNormal({ features: 2 });
 * const { paretoK, threshold } = paretoSmoothedWeights(tf.sub(target.logProb(samples), logProb));
 * if (paretoK > threshold) console.log("the flow misses some of the target");
 */
export function paretoSmoothedWeights(logWeights: RowsLike): SmoothedWeights {
  const { weights, order } = relativeWeights(logWeights, "paretoSmoothedWeights");
  const n = weights.length;
  // A weight of 0 is no part of the tail: an impossible draw would get a weight.
  const positive = weights.reduce((count, weight) => count + Number(weight > 0), 0);
  const size = Math.min(Math.ceil(Math.min(n / 5, 3 * Math.sqrt(n))), positive);
  const tail = order.subarray(n - size);
  const cutoff = n > size ? (weights[order[n - size - 1] as number] as number) : 0;
  const excess = Float64Array.from(tail, (row) => (weights[row] as number) - cutoff);
  const smoothed = weights.slice();
  const threshold = Math.min(1 - 1 / Math.log10(Math.max(n, 11)), 0.7);
  let paretoK = size < 5 ? Number.POSITIVE_INFINITY : 0;
  // Weights that differ by rounding are equal.
  if (size >= 5 && (excess[size - 1] as number) - (excess[0] as number) > EQUAL) {
    const { shape, scale } = fitGeneralizedPareto(excess);
    const most = largestShape(weights);
    const isBounded = most < threshold && shape > most;
    paretoK = isBounded ? most : shape;
    if (!isBounded) {
      for (const [i, row] of tail.entries()) {
        const quantile = paretoQuantile((i + 0.5) / size, shape, scale);
        smoothed[row] = Math.min(1, cutoff + quantile);
      }
    }
  }
  const total = smoothed.reduce((sum, weight) => sum + weight, 0);
  return {
    paretoK,
    threshold,
    effectiveSampleSize: kish(smoothed),
    logWeights: smoothed.map((weight) => Math.log(weight / total)),
  };
}

/** How far a fitted shape may exceed the exponent of the largest weight. */
const SHAPE_MARGIN = 0.25;

/**
 * Upper bound for the shape of weights without a large one: the largest of n weights with shape k is about `nᵏ` times
 * their mean. Weights that differ little, but by amounts of all magnitudes, would otherwise have a shape far above 1.
 */
function largestShape(weights: Float64Array): number {
  const n = weights.length;
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return Math.log(n / sum) / Math.log(n) + SHAPE_MARGIN;
}

/** Weights over the largest one, and the rows from the smallest to the largest. */
function relativeWeights(logWeights: RowsLike, where: string): { weights: Float64Array; order: Int32Array } {
  const logs = readColumn(logWeights, where, "logWeights", undefined, { numbers: "finite or -Infinity" });
  const largest = logs.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  if (largest === Number.NEGATIVE_INFINITY) {
    throw new DataError(`${where}: expected a weight above 0, got only log-weights of -Infinity.`);
  }
  const weights = logs.map((value) => Math.exp(value - largest));
  const order = Int32Array.from(logs, (_, i) => i).sort((i, j) => (weights[i] as number) - (weights[j] as number));
  return { weights, order };
}

function kish(weights: Float64Array): number {
  let [sum, squares] = [0, 0];
  for (let i = 0; i < weights.length; i++) {
    const weight = weights[i] as number;
    sum += weight;
    squares += weight * weight;
  }
  return (sum * sum) / squares;
}

/**
 * The estimate of Zhang and Stephens (2009): a weighted mean over a grid of `θ = −k/σ`, weighted by the profile
 * likelihood. The shape is drawn towards ½ as by ten more numbers (Vehtari et al. 2015, appendix C).
 */
function fitGeneralizedPareto(sorted: Float64Array): { shape: number; scale: number } {
  const n = sorted.length;
  const points = 30 + Math.floor(Math.sqrt(n));
  const largest = sorted[n - 1] as number;
  // Of weights that repeat, a quarter may be equal to the cutoff.
  const quarter = (sorted[Math.floor(n / 4 + 0.5) - 1] as number) || (sorted.find((x) => x > 0) as number);
  const thetas = Float64Array.from(
    { length: points },
    (_, j) => 1 / largest + (1 - Math.sqrt(points / (j + 0.5))) / (3 * quarter),
  );
  const likelihoods = thetas.map((theta) => {
    const k = shapeOf(sorted, theta);
    return -n * (Math.log(scaleOf(sorted, theta, k)) + k + 1);
  });
  const weights = softmax(likelihoods);
  const theta = thetas.reduce((sum, one, j) => sum + one * (weights[j] as number), 0);
  const k = shapeOf(sorted, theta);
  return { shape: (n * k + 5) / (n + 10), scale: scaleOf(sorted, theta, k) };
}

/** `σ = −k/θ`. At θ = 0, the exponential distribution, it is the mean. */
function scaleOf(numbers: Float64Array, theta: number, k: number): number {
  return theta === 0 ? numbers.reduce((sum, x) => sum + x, 0) / numbers.length : -k / theta;
}

/** The shape with the highest likelihood, given `θ = −k/σ`. */
function shapeOf(numbers: Float64Array, theta: number): number {
  let sum = 0;
  for (let i = 0; i < numbers.length; i++) sum += Math.log1p(-theta * (numbers[i] as number));
  return sum / numbers.length;
}

function paretoQuantile(share: number, shape: number, scale: number): number {
  return Math.abs(shape) < 1e-12
    ? -scale * Math.log1p(-share)
    : (scale * Math.expm1(-shape * Math.log1p(-share))) / shape;
}
