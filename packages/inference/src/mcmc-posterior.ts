import {
  type Bijection,
  DataError,
  type Distribution,
  type Key,
  type NdArray,
  ndArray,
  OptionError,
  type Shape,
  ShapeError,
  type TensorLike,
} from "@pushforward/core";
import { asTensor, checkOptions, describeValue, requireBackend } from "@pushforward/core/extend";
import { formatShape, sizeOf } from "@pushforward/core/plain";
import { sampleRows } from "@pushforward/flows";
import * as tf from "@tensorflow/tfjs-core";
import { sampleEnsemble, systematicRows } from "./ensemble.ts";
import { mapRows } from "./map-estimate.ts";

/** States of several chains: `values[step · chains + chain]`. */
export interface ChainValues {
  readonly values: Float64Array;
  readonly chains: number;
}

/** How well chains agree on one number. */
export interface ChainStatistics {
  /** Split R̂ (Gelman et al. 2013, Bayesian Data Analysis, §11.4): 1 where all halves of all chains agree. */
  readonly rHat: number;
  /** Effective number of independent draws, by the initial monotone sequence (Geyer 1992), as in the same book, §11.5. */
  readonly ess: number;
}

/**
 * R̂ and effective sample size of a quantity. NaN for fewer than 4 steps, or if no chain has moved.
 */
export function chainStatistics({ values, chains }: ChainValues): ChainStatistics {
  const half = Math.floor(values.length / chains / 2);
  if (half < 2) return { rHat: Number.NaN, ess: Number.NaN };
  const count = 2 * chains;
  const last = values.length / chains;
  // Each chain is two: its first and its last half.
  const at = (m: number, t: number): number => {
    const step = m < chains ? t : last - half + t;
    return values[step * chains + (m % chains)] as number;
  };
  const means = Float64Array.from({ length: count }, (_, m) => {
    let sum = 0;
    for (let t = 0; t < half; t++) sum += at(m, t);
    return sum / half;
  });
  const center = means.reduce((a, b) => a + b, 0) / count;
  const between = (half / (count - 1)) * means.reduce((sum, mean) => sum + (mean - center) ** 2, 0);
  /** The mean over the chains of `Σ (x_t − x̄)(x_{t+lag} − x̄)`, over `half`. */
  const covariance = (lag: number): number => {
    let sum = 0;
    for (let m = 0; m < count; m++) {
      const mean = means[m] as number;
      for (let t = 0; t + lag < half; t++) sum += (at(m, t) - mean) * (at(m, t + lag) - mean);
    }
    return sum / (count * half);
  };
  const within = (covariance(0) * half) / (half - 1);
  const total = ((half - 1) / half) * within + between / half;
  if (!(within > 0)) return { rHat: Number.NaN, ess: Number.NaN };
  const correlation = (lag: number): number => 1 - (within - covariance(lag)) / total;
  let time = -1;
  let previous = Number.POSITIVE_INFINITY;
  for (let lag = 0; lag + 1 < half; lag += 2) {
    const pair = Math.min(previous, correlation(lag) + correlation(lag + 1));
    if (pair <= 0) break;
    time += 2 * pair;
    previous = pair;
  }
  return { rHat: Math.sqrt(total / within), ess: (count * half) / Math.max(time, 1 / Math.log10(count * half)) };
}

/** Parts of {@link McmcPosterior}. */
export interface McmcPosteriorOptions {
  readonly prior: Distribution;
  /** Maps ℝᵈ onto the support of the prior. Default: `prior.support`. */
  readonly support?: Bijection | undefined;
  /** Number of values in a single observation. */
  readonly dataSize: number;
  /** `log p(x | θ)` up to terms independent of θ, for pairs of rows: `[n, parameters]`, `[n, data]` → `[n]`. */
  readonly logLikelihood: (parameters: tf.Tensor, data: tf.Tensor) => tf.Tensor;
}

/** How an {@link McmcPosterior} is sampled. */
export interface McmcOptions {
  /** Chains that run side by side: 100, or 6 for each parameter if that is more. An even number. */
  readonly chains?: number | undefined;
  /** Burn-in steps of each chain. Default: 300. */
  readonly warmUp?: number | undefined;
  /** Thinning interval: 10, or more for few draws, so that at least 200 steps are taken. */
  readonly thin?: number | undefined;
}

/** Draws, and how well the chains agree. */
export interface McmcDraws {
  /** `[count, parameters]`, in random order. */
  readonly draws: NdArray;
  /** The share of the proposals that were accepted. */
  readonly acceptance: number;
  /** Of each parameter, split R̂ over all chains: near 1, below 1.05 say, or the draws are not to be trusted. */
  readonly rHat: Float64Array;
  /** Effective number of independent states of all steps, per parameter; at most `count` states are returned. */
  readonly ess: Float64Array;
}

/** Draws of the prior among which the chains choose where to start. */
const CANDIDATES = 4000;
const WARM_UP = 300;
const THIN = 10;
const LEAST_STEPS = 200;

/**
 * A posterior defined by its likelihood and its prior, `p(θ | x) ∝ p(x | θ) p(θ)`, and sampled by Markov chains. Its
 * density is known only up to a constant, so it has no `logProb`.
 *
 * It borrows prior and likelihood.
 *
 * @throws {ShapeError} the events of the prior are not vectors.
 * @example
 * const posterior = new McmcPosterior({
 *   prior: new StandardNormal({ features: 2 }),
 *   dataSize: 2,
 *   logLikelihood: (theta, x) => new DiagonalNormal({ mean: [0, 0], scale: 0.5 }).logProb(tf.sub(x, theta)),
 * });
 * const { draws, rHat } = posterior.given([0.3, 1.2]).draw(createKey(0), 1000);
 * draws; // → shape [1000, 2]
 */
export class McmcPosterior {
  readonly prior: Distribution;
  readonly dataSize: number;
  private readonly support: Bijection | undefined;
  private readonly logLikelihood: McmcPosteriorOptions["logLikelihood"];

  constructor(options: McmcPosteriorOptions) {
    checkOptions("McmcPosterior", options, { prior: true, support: true, dataSize: true, logLikelihood: true });
    const { prior, support = prior.support, dataSize, logLikelihood } = options;
    if (prior.eventShape.length !== 1 || prior.batchShape.length > 0) {
      throw new ShapeError(
        `McmcPosterior: expected a prior over vectors, without batch axes, got event shape ` +
          `${formatShape(prior.eventShape)} and batch shape ${formatShape(prior.batchShape)}.`,
      );
    }
    this.prior = prior;
    this.dataSize = dataSize;
    this.support = support;
    this.logLikelihood = logLikelihood;
  }

  /**
   * Returns the posterior given a single observation `[data]`, or several independent observations of the same
   * parameters, `[trials, data]`, with summed log-likelihoods.
   *
   * @throws {ShapeError} the observation has the wrong shape.
   */
  given(observation: TensorLike): McmcSampler {
    const rows = tf.tidy(() => {
      const x = asTensor(observation, "McmcPosterior.given");
      const { shape, size } = x;
      if (shape.length === 0 || shape.length > 2 || shape.at(-1) !== this.dataSize || size === 0) {
        throw new ShapeError(
          `McmcPosterior.given: expected an observation of shape [${this.dataSize}] or [trials, ${this.dataSize}], got ${formatShape(shape)}.`,
        );
      }
      return Float32Array.from(x.dataSync());
    });
    const bad = rows.findIndex((value) => !Number.isFinite(value));
    if (bad >= 0) throw new DataError(`McmcPosterior.given: expected finite numbers, got ${rows[bad]}.`);
    return new McmcSampler(
      this.prior,
      this.support,
      this.logLikelihood,
      ndArray([rows.length / this.dataSize, this.dataSize], rows),
    );
  }
}

/** An {@link McmcPosterior} given an observation. */
export class McmcSampler {
  readonly eventShape: Shape;
  private readonly prior: Distribution;
  private readonly support: Bijection | undefined;
  private readonly logLikelihood: McmcPosteriorOptions["logLikelihood"];
  private readonly observation: NdArray;

  /** Made by `McmcPosterior.given`. */
  constructor(
    prior: Distribution,
    support: Bijection | undefined,
    logLikelihood: McmcPosteriorOptions["logLikelihood"],
    observation: NdArray,
  ) {
    this.eventShape = prior.eventShape;
    this.prior = prior;
    this.support = support;
    this.logLikelihood = logLikelihood;
    this.observation = observation;
  }

  /**
   * `log p(x | θ) + log p(θ)`, the log-density up to a constant that depends on the observation: `[..., parameters]` →
   * `[...]`. −∞ outside the support of the prior.
   *
   * @throws {ShapeError} the parameters have the wrong size.
   */
  unnormalizedLogProb(parameters: TensorLike): tf.Tensor {
    return tf.tidy(() => {
      const theta = asTensor(parameters, "McmcSampler.unnormalizedLogProb");
      const [width] = this.eventShape as readonly [number];
      if (theta.shape.at(-1) !== width) {
        throw new ShapeError(
          `McmcSampler.unnormalizedLogProb: expected parameters of shape [..., ${width}], got ${formatShape(theta.shape)}.`,
        );
      }
      const batch = theta.shape.slice(0, -1);
      const rows = tf.reshape(theta, [sizeOf(batch), width]) as tf.Tensor2D;
      const ofPrior = this.prior.logProb(rows);
      // Outside, a likelihood may be anything.
      const isOutside = tf.equal(ofPrior, Number.NEGATIVE_INFINITY);
      return tf.reshape(tf.where(isOutside, ofPrior, tf.add(ofPrior, this.likelihood(rows))), batch);
    });
  }

  /** Draws of shape `[...sampleShape, parameters]`: the result of {@link draw}, without its report. */
  sample(key: Key, sampleShape: Shape = [], options: McmcOptions = {}): tf.Tensor {
    const { draws } = this.draw(key, sizeOf(sampleShape), options);
    return tf.tensor(Float32Array.from(draws.data), [...sampleShape, ...this.eventShape]);
  }

  /**
   * Draws by Markov chains in ℝᵈ, to which the support of the prior is mapped. They start at draws of the prior, chosen
   * by a likelihood that is flattened until enough draws qualify.
   *
   * @throws {OptionError} a count is not a positive integer; the number of chains is odd, or too small for the
   * parameters.
   * @throws {DataError} the observation is impossible at all draws of the prior.
   */
  draw(key: Key, count: number, options: McmcOptions = {}): McmcDraws {
    requireBackend("McmcSampler.draw");
    const [d] = this.eventShape as readonly [number];
    const chains = positive("chains", options.chains ?? Math.max(100, 6 * d));
    if (chains % 2 !== 0 || chains < 2 * d + 2) {
      throw new OptionError(
        `McmcSampler.draw: expected an even number of chains of at least ${2 * d + 2}, got ${describeValue(chains)}.`,
      );
    }
    const perChain = Math.ceil(positive("count", count) / chains);
    const thin = positive("thin", options.thin ?? Math.max(THIN, Math.ceil(LEAST_STEPS / perChain)));
    const steps = perChain * thin;
    const warmUp = positive("warmUp", options.warmUp ?? WARM_UP);
    const { states, acceptance } = sampleEnsemble((points, rows) => this.unboundedLogDensity(points, rows), {
      ...{ key: key.fold("chains"), chains, warmUp, steps },
      start: this.start(key.fold("start"), chains),
    });
    const statistics = Array.from({ length: d }, (_, j) =>
      chainStatistics({
        values: Float64Array.from({ length: steps * chains }, (_, i) => states[i * d + j] as number),
        chains,
      }),
    );
    const kept = new Float64Array(count * d);
    const order = key.fold("order").permutation(perChain * chains);
    for (let i = 0; i < count; i++) {
      const [step, chain] = [Math.floor((order[i] as number) / chains), (order[i] as number) % chains];
      const at = ((step * thin + thin - 1) * chains + chain) * d;
      kept.set(states.subarray(at, at + d), i * d);
    }
    return {
      draws: ndArray([count, d], this.inSupport(kept, count)),
      acceptance,
      rHat: Float64Array.from(statistics, ({ rHat }) => rHat),
      ess: Float64Array.from(statistics, ({ ess }) => ess),
    };
  }

  private likelihood(theta: tf.Tensor2D): tf.Tensor {
    const [trials, size] = this.observation.shape as unknown as readonly [number, number];
    const [rows, width] = theta.shape;
    const data = tf.tensor2d(Float32Array.from(this.observation.data), [trials, size]);
    if (trials === 1) return this.logLikelihood(theta, tf.tile(data, [rows, 1]));
    const pairs = tf.reshape(tf.tile(tf.expandDims(theta, 1), [1, trials, 1]), [rows * trials, width]);
    return tf.sum(tf.reshape(this.logLikelihood(pairs, tf.tile(data, [rows, 1])), [rows, trials]), 1);
  }

  private unboundedLogDensity(points: Float64Array, rows: number): Float32Array {
    return tf.tidy(() => {
      const u = tf.tensor2d(Float32Array.from(points), [rows, points.length / rows]);
      if (this.support === undefined) return this.unnormalizedLogProb(u).dataSync() as Float32Array;
      const [theta, logDet] = this.support.forwardAndLogDet(u);
      return tf.add(this.unnormalizedLogProb(theta), logDet).dataSync() as Float32Array;
    });
  }

  private inSupport(points: Float64Array, rows: number): Float64Array {
    const { support } = this;
    if (support === undefined) return points;
    return mapRows(ndArray([rows, points.length / rows], points), (u) => support.forward(u)).data as Float64Array;
  }

  private start(key: Key, chains: number): Float64Array {
    const [drawKey, choiceKey] = key.split();
    const count = Math.max(CANDIDATES, 10 * chains);
    const candidates = sampleRows(this.prior, drawKey, count);
    const d = candidates.shape[1] as number;
    const found = tf.tidy(() => {
      const theta = tf.tensor2d(Float32Array.from(candidates.data), [count, d]);
      return this.likelihood(theta).dataSync() as Float32Array;
    });
    const logLikelihood = Float64Array.from(found, (value) => (Number.isNaN(value) ? Number.NEGATIVE_INFINITY : value));
    const weights = temperedWeights(logLikelihood, chains);
    const { support } = this;
    const unbounded = support === undefined ? candidates : mapRows(candidates, (theta) => support.inverse(theta));
    const start = new Float64Array(chains * d);
    const offset = choiceKey.uniform(1)[0] as number;
    const order = choiceKey.fold("order").permutation(chains);
    for (const [c, at] of systematicRows(weights, chains, offset).entries()) {
      start.set(unbounded.data.subarray(at * d, (at + 1) * d), (order[c] as number) * d);
    }
    return start;
  }
}

/** Weights `∝ likelihoodᵝ` with the largest β ≤ 1 for which at least `needed` candidates count. */
function temperedWeights(logLikelihood: Float64Array, needed: number): Float64Array {
  const peak = logLikelihood.reduce((a, b) => Math.max(a, b));
  if (!(Math.abs(peak) < Number.POSITIVE_INFINITY)) {
    throw new DataError(
      `McmcSampler.draw: expected an observation that is possible at some draw of the prior, got log-likelihoods of ${peak}.`,
    );
  }
  const at = (beta: number): { weights: Float64Array; ess: number } => {
    const raw = logLikelihood.map((value) => Math.exp(beta * (value - peak)));
    const total = raw.reduce((a, b) => a + b, 0);
    const weights = raw.map((value) => value / total);
    return { weights, ess: 1 / weights.reduce((sum, value) => sum + value * value, 0) };
  };
  let [low, high] = [0, 1];
  if (at(1).ess >= needed) return at(1).weights;
  for (let i = 0; i < 40; i++) {
    const middle = (low + high) / 2;
    if (at(middle).ess >= needed) low = middle;
    else high = middle;
  }
  return at(low === 0 ? high : low).weights;
}

function positive(name: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw new OptionError(`McmcSampler.draw: expected ${name} to be an integer from 1, got ${describeValue(value)}.`);
}
