import {
  type Bijection,
  type ConditionalDistribution,
  DataError,
  type Distribution,
  type Key,
  type NdArray,
  ndArray,
  OptionError,
  type TensorLike,
} from "@pushforward/core";
import { asTensor, checkKey, checkOptions, describeValue, tensorValues } from "@pushforward/core/extend";
import { logProbRows, sampleRows } from "@pushforward/flows";
import * as tf from "@tensorflow/tfjs-core";

/** Options of {@link mapEstimate}. Only the key is required. */
export interface MapEstimateOptions {
  /** Decides the draws that the search starts from. */
  readonly key: Key;
  /** Number of draws; the draws with the highest density are starts. Default: 1,000. */
  readonly draws?: number | undefined;
  /** Number of starts. Default: 20. */
  readonly starts?: number | undefined;
  /** Steps of the search. Default: 200. */
  readonly steps?: number | undefined;
}

/** The densest point that was found. */
export interface MapEstimate {
  readonly value: Float64Array;
  readonly logProb: number;
}

const RATES = { first: 0.1, last: 1e-3 };
const DECAY = { first: 0.9, second: 0.99 };

/**
 * The maximum a posteriori estimate: the point of highest density, by gradient ascent (Adam, with decreasing steps)
 * from the best of several draws, in ℝᵈ, mapped to the support. Categories of a mixed posterior are fixed to the
 * categories of a start.
 *
 * @param distribution without batch axes, with a differentiable density, such as `posterior.given(observation)`.
 * @throws {OptionError} a count is not a positive integer, or fewer draws than starts are requested.
 * @throws {DataError} the density is 0 or not a number at all draws.
 * @example
 * const { value, logProb } = mapEstimate(flow, { key: createKey(0), steps: 50 });
 */
export function mapEstimate(distribution: Distribution, options: MapEstimateOptions): MapEstimate {
  checkOptions("mapEstimate", options, { key: true, draws: true, starts: true, steps: true });
  const { key, draws = 1000, starts = 20, steps = 200 } = options;
  checkKey("mapEstimate", { key });
  for (const [name, value] of Object.entries({ draws, starts, steps })) {
    if (Number.isSafeInteger(value) && value >= 1 && starts <= draws) continue;
    throw new OptionError(
      `mapEstimate: expected ${name} to be an integer from 1, and no more starts than draws, got ${describeValue(value)}.`,
    );
  }
  const { support } = distribution;
  const rows = sampleRows(distribution, key, draws);
  const width = rows.shape[1] as number;
  const found = tf.tidy(() => {
    const all = tf.tensor2d(Float32Array.from(rows.data), [draws, width]);
    const first = densest(all, distribution.logProb(all).dataSync(), starts);
    const start = support === undefined ? first : support.inverse(first);
    return climb(distribution, support, start, steps);
  });
  let best = -1;
  for (const [i, value] of found.logProb.entries()) {
    if (Number.isFinite(value) && (best < 0 || value > (found.logProb[best] as number))) best = i;
  }
  if (best < 0) throw new DataError("mapEstimate: expected a density that is positive at a draw, got none.");
  const value = Float64Array.from(found.points.subarray(best * width, (best + 1) * width));
  return { value, logProb: found.logProb[best] as number };
}

function densest(draws: tf.Tensor, logProb: ArrayLike<number>, count: number): tf.Tensor {
  const [rows, width] = draws.shape as [number, number];
  const rank = (row: number): number => {
    const value = logProb[row] as number;
    return Number.isNaN(value) ? Number.NEGATIVE_INFINITY : value;
  };
  const order = Array.from({ length: rows }, (_, row) => row).sort((a, b) => rank(b) - rank(a) || a - b);
  const values = draws.dataSync();
  const chosen = new Float32Array(count * width);
  for (const [i, row] of order.slice(0, count).entries()) {
    chosen.set(values.subarray(row * width, (row + 1) * width), i * width);
  }
  return tf.tensor2d(chosen, [count, width]);
}

/** Each start on its own; of every way the densest point counts. */
function climb(
  distribution: Distribution,
  support: Bijection | undefined,
  start: tf.Tensor,
  steps: number,
): { readonly points: Float32Array; readonly logProb: Float32Array } {
  const [count, width] = start.shape as [number, number];
  const at = Float32Array.from(start.dataSync());
  const points = new Float32Array(at.length);
  const best = new Float32Array(count).fill(Number.NEGATIVE_INFINITY);
  const [mean, square] = [new Float64Array(at.length), new Float64Array(at.length)];
  const place = (z: tf.Tensor): tf.Tensor => (support === undefined ? z : support.forward(z));
  for (let step = 0; step <= steps; step++) {
    tf.tidy(() => {
      let logProb: ArrayLike<number> = [];
      let values: Float32Array = at;
      const slope = tf
        .grad((z: tf.Tensor) => {
          const x = place(z);
          values = x.dataSync() as Float32Array;
          const each = distribution.logProb(x as TensorLike);
          logProb = each.dataSync();
          return tf.sum(each);
        })(tf.tensor2d(at, [count, width]))
        .dataSync();
      const rate = RATES.first * (RATES.last / RATES.first) ** (step / steps);
      for (let row = 0; row < count; row++) {
        const value = logProb[row] as number;
        if (value > (best[row] as number)) {
          best[row] = value;
          points.set(values.subarray(row * width, (row + 1) * width), row * width);
        }
        for (let i = row * width; i < (row + 1) * width; i++) {
          const g = slope[i] as number;
          // A start that has left the support stays where it is.
          if (!Number.isFinite(g)) continue;
          mean[i] = DECAY.first * (mean[i] as number) + (1 - DECAY.first) * g;
          square[i] = DECAY.second * (square[i] as number) + (1 - DECAY.second) * g * g;
          const unbiased = (mean[i] as number) / (1 - DECAY.first ** (step + 1));
          const spread = Math.sqrt((square[i] as number) / (1 - DECAY.second ** (step + 1)));
          at[i] = (at[i] as number) + (rate * unbiased) / (spread + 1e-12);
        }
      }
    });
  }
  return { points, logProb: best };
}

/** Rows of a chunk on the device. */
const CHUNK = 8192;

/** Rows through a map of tensors, in chunks. */
export function mapRows({ shape, data }: NdArray, map: (x: tf.Tensor) => tf.Tensor): NdArray {
  const [rows, width] = shape as unknown as readonly [number, number];
  const result = new Float64Array(rows * width);
  for (let from = 0; from < rows; from += CHUNK) {
    const count = Math.min(CHUNK, rows - from);
    const chunk = Float32Array.from(data.subarray(from * width, (from + count) * width));
    result.set(
      tensorValues(() => map(tf.tensor2d(chunk, [count, width]))),
      from * width,
    );
  }
  return ndArray(shape, result);
}

/** Diagnostics of importance weights. */
export interface ImportanceMean {
  /** The logarithm of the mean weight. */
  readonly logMean: number;
  /** Standard error of `logMean`, by the delta method. */
  readonly standardError: number;
  /** Kish's share of the draws that is left, `(Σw)²/(n Σw²)`, from 1/n to 1. */
  readonly essFraction: number;
}

/** Mean of importance weights, given as logarithms. The largest logarithm must be finite. */
export function importanceMean(logWeights: Float64Array): ImportanceMean {
  const count = logWeights.length;
  const mean = (values: Float64Array): number => values.reduce((a, b) => a + b, 0) / count;
  const peak = logWeights.reduce((a, b) => Math.max(a, b));
  const weights = logWeights.map((value) => Math.exp(value - peak));
  const [first, second] = [mean(weights), mean(weights.map((value) => value * value))];
  return {
    logMean: peak + Math.log(first),
    standardError: Math.sqrt(Math.max(0, second / first ** 2 - 1) / count),
    essFraction: first ** 2 / second,
  };
}

/** Parts of {@link logEvidence}. */
export interface EvidenceParts {
  readonly prior: Distribution;
  /** `q(x | θ)`: the likelihood of `fitNle`, or an exact one. */
  readonly likelihood: ConditionalDistribution;
  /**
   * Distribution for drawing parameters: a posterior with a density, such as the posterior of `fitNpe` at the
   * observation. Default: the prior.
   */
  readonly proposal?: Distribution | undefined;
}

/** Result of {@link logEvidence}. */
export interface Evidence {
  /** `log p(x)`, in nats. The difference of two models is the logarithm of their Bayes factor. */
  readonly logEvidence: number;
  /** By the delta method; it does not see mass that the proposal misses. */
  readonly standardError: number;
  /** Kish's effective number of draws, `(Σw)²/Σw²`. */
  readonly effectiveSampleSize: number;
}

/**
 * The evidence of a model for an observation, `p(x) = ∫ p(x | θ) p(θ) dθ`, by importance sampling:
 * `log mean of p(x | θ) p(θ) / q(θ)` over draws of the proposal q.
 *
 * @param observation `[data]`.
 * @throws {OptionError} a number of draws that is not an integer from 2.
 * @throws {DataError} the observation is impossible at all draws.
 * @example
 * using likelihood = maf({ features: 2, context: 2, key });
 * const { logEvidence: ofModel, standardError } = logEvidence({ prior, likelihood }, observation, { key: createKey(1), draws: 500 });
 */
export function logEvidence(
  { prior, likelihood, proposal = prior }: EvidenceParts,
  observation: TensorLike,
  { key, draws = 10_000 }: { readonly key: Key; readonly draws?: number | undefined },
): Evidence {
  checkKey("logEvidence", { key });
  if (!Number.isSafeInteger(draws) || draws < 2) {
    throw new OptionError(`logEvidence: expected draws to be an integer from 2, got ${describeValue(draws)}.`);
  }
  const x = tf.tidy(() => Float32Array.from(asTensor(observation, "logEvidence").dataSync()));
  const parameters = sampleRows(proposal, key, draws);
  const rows = new Float64Array(draws * x.length);
  for (let i = 0; i < draws; i++) rows.set(x, i * x.length);
  const logWeights = logProbRows(likelihood, ndArray([draws, x.length], rows), parameters);
  if (proposal !== prior) {
    const [logP, logQ] = [logProbRows(prior, parameters), logProbRows(proposal, parameters)];
    for (let i = 0; i < draws; i++)
      logWeights[i] = (logWeights[i] as number) + (logP[i] as number) - (logQ[i] as number);
  }
  const largest = logWeights.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  if (!Number.isFinite(largest)) {
    throw new DataError("logEvidence: expected an observation that is possible at a draw of the proposal, got none.");
  }
  const { logMean, standardError, essFraction } = importanceMean(logWeights);
  return { logEvidence: logMean, standardError, effectiveSampleSize: draws * essFraction };
}
