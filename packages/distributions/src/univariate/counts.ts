import type { Codec, TensorLike } from "@pushforward/core";
import { digamma, logGamma, regularizedBeta, regularizedGamma } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import {
  AbstractUnivariate,
  type DiscreteFamily,
  positive,
  type UnivariateOptions,
  univariateCodec,
  type Values,
  withoutSlopes,
} from "./abstract-univariate.ts";
import { drawLogGamma, drawPoisson, type RandomStream } from "./random-stream.ts";

/** Size of a term of the entropy below which the sum stops. */
const NEGLIGIBLE = 1e-18;

/** Independent features that are integers: probabilities in place of densities, the same for all numbers in float64. */
export abstract class AbstractDiscrete<N extends string> extends AbstractUnivariate<N> {
  private readonly discrete: DiscreteFamily<N>;

  protected constructor(family: DiscreteFamily<N>, options: UnivariateOptions<N>) {
    super(family, options);
    this.discrete = family;
  }

  /** `KL(this ‖ q)` by summing over the events; undefined for infinitely many events. Neither has batch axes. */
  finiteKl(q: AbstractDiscrete<string>): number | undefined {
    let sum = 0;
    for (const [i, element] of this.elements.entries()) {
      const [low, high] = this.endsOf(element);
      if (!Number.isFinite(high - low)) return undefined;
      for (let k = low; k <= high; k++) {
        const logMass = this.logMassOf(k, element);
        // Where p vanishes its logarithm counts for nothing.
        if (logMass > Number.NEGATIVE_INFINITY) {
          sum += Math.exp(logMass) * (logMass - q.logMassOf(k, q.elements[i] as Values<string>));
        }
      }
    }
    return sum;
  }

  protected elementLogProb(x: tf.Tensor): tf.Tensor {
    // Events are isolated points: there is no slope between them.
    const mass = tf.customGrad((value) => ({
      value: this.statistics.map("logProb", value as tf.Tensor, (k, element) => this.logMassOf(k, element)),
      gradFunc: () => tf.zeros((value as tf.Tensor).shape),
    }));
    return mass(x);
  }

  protected drawElement(random: RandomStream, element: Values<N>): number {
    return this.discrete.draw?.(random, element) ?? this.icdfOf(random.uniform(), element);
  }

  protected slopesOf(x: number, element: Values<N>): Values<N> {
    const isOutside = this.logMassOf(x, element) === Number.NEGATIVE_INFINITY;
    return isOutside ? withoutSlopes(element) : this.discrete.slopes(x, element);
  }

  protected entropyOf(element: Values<N>): number {
    const closed = this.discrete.entropy?.(element);
    if (closed !== undefined) return closed;
    const [low, high] = this.endsOf(element);
    const middle = Math.floor(Math.min(high, Math.max(low, this.discrete.mean(element))));
    let sum = 0;
    for (const [start, step] of [
      [middle, 1],
      [middle - 1, -1],
    ] as const) {
      for (let k = start; k >= low && k <= high; k += step) {
        const logMass = this.discrete.logMass(k, element);
        const term = -Math.exp(logMass) * logMass;
        sum += term;
        if (term < NEGLIGIBLE) break;
      }
    }
    return sum;
  }

  protected cdfOf(x: number, element: Values<N>): number {
    const [low, high] = this.endsOf(element);
    if (x < low) return 0;
    return x >= high ? 1 : this.discrete.cdf(Math.floor(x), element);
  }

  protected icdfOf(u: number, element: Values<N>): number {
    // Found between integers, so that rounding cannot lead to a neighbor.
    return this.discrete.icdf?.(u, element) ?? Math.round(this.inverseOfCdf(u, element));
  }

  private logMassOf(k: number, element: Values<N>): number {
    const [low, high] = this.endsOf(element);
    if (!Number.isInteger(k) || k < low || k > high) return Number.NEGATIVE_INFINITY;
    return this.discrete.logMass(k, element);
  }
}

/** Options of {@link Bernoulli}. */
export interface BernoulliOptions {
  /** Size of the event; required only if the probabilities do not determine it. */
  readonly features?: number;
  /** Probabilities of a 1, `[...batch, features]`, from 0 to 1. */
  readonly probs: TensorLike;
}

const bernoulliFamily: DiscreteFamily<"probs"> = {
  name: "Bernoulli",
  parameters: { probs: { atLeast: 0, atMost: 1 } },
  ends: () => [0, 1],
  logMass: (k, { probs: p }) => (k === 1 ? Math.log(p) : Math.log1p(-p)),
  slopes: (k, { probs: p }) => ({ probs: k === 1 ? 1 / p : -1 / (1 - p) }),
  cdf: (_, { probs: p }) => 1 - p,
  icdf: (u, { probs: p }) => (u > 1 - p ? 1 : 0),
  mean: ({ probs: p }) => p,
  variance: ({ probs: p }) => p * (1 - p),
};

/**
 * Independent Bernoulli distributions, `log P(x) = Σ (xᵢ ln pᵢ + (1 − xᵢ) ln(1 − pᵢ))` for xᵢ = 0 and 1. Event shape
 * `[features]`; events are 0 and 1 in float32. For labels given logits of a network, use `ops.bernoulliLogProb`.
 *
 * The log-probability of any other value is `-Infinity`; the gradient with respect to x is 0.
 *
 * Parameters may be tensors: they are borrowed, and gradients of the log-density flow into the tensors.
 *
 * @throws {DomainError} a probability is below 0 or above 1.
 * @throws {OptionError} no probabilities.
 * @example
 * new Bernoulli({ probs: [0.2, 0.7] }).logProb([0, 1]); // → -0.5798
 */
export class Bernoulli extends AbstractDiscrete<"probs"> {
  constructor(options: BernoulliOptions) {
    super(bernoulliFamily, options);
  }
}

/** Codec of {@link Bernoulli}. */
export const bernoulliCodec: Codec<Bernoulli> = univariateCodec("pushforward/bernoulli", Bernoulli, bernoulliFamily);

/** Options of {@link NegativeBinomial}; they broadcast with each other and with `[features]`. */
export interface NegativeBinomialOptions {
  /** Size of the event; required only if no array determines it. */
  readonly features?: number;
  /** Failures that end the count, `[...batch, features]`: positive, not necessarily integers. */
  readonly totalCount: TensorLike;
  /** Probabilities of a success, which is counted: `[...batch, features]`, above 0 and below 1. */
  readonly probs: TensorLike;
}

type Names = "totalCount" | "probs";

const negativeBinomialFamily: DiscreteFamily<Names> = {
  name: "NegativeBinomial",
  parameters: { totalCount: positive(), probs: positive() },
  refuse: ({ probs }) => (probs < 1 ? undefined : `probs below 1, got ${probs}`),
  ends: () => [0, Number.POSITIVE_INFINITY],
  logMass: (k, { totalCount: r, probs: p }) =>
    logGamma(k + r) - logGamma(r) - logGamma(k + 1) + r * Math.log1p(-p) + k * Math.log(p),
  slopes: (k, { totalCount: r, probs: p }) => ({
    totalCount: digamma(k + r) - digamma(r) + Math.log1p(-p),
    probs: k / p - r / (1 - p),
  }),
  cdf: (k, { totalCount: r, probs: p }) => regularizedBeta(r, k + 1, 1 - p, p).lower,
  // A Poisson whose rate is Gamma distributed.
  draw: (random, { totalCount: r, probs: p }) => drawPoisson(random, (Math.exp(drawLogGamma(random, r)) * p) / (1 - p)),
  mean: ({ totalCount: r, probs: p }) => (r * p) / (1 - p),
  variance: ({ totalCount: r, probs: p }) => (r * p) / (1 - p) ** 2,
};

/**
 * Independent negative binomial distributions: the number of successes before the r-th failure,
 * `log P(x) = Σ (ln Γ(xᵢ + r) − ln Γ(r) − ln xᵢ! + r ln(1 − p) + xᵢ ln p)` for xᵢ = 0, 1, 2, …, with r the `totalCount`
 * and p the `probs` of its feature. Event shape `[features]`; events are integers in float32.
 *
 * The names are the names in PyTorch and TensorFlow Probability; the p of SciPy is `1 − probs`. The log-probability of
 * a value that is not a count is `-Infinity`. It is computed on the host in float64; its gradient with respect to x is
 * 0.
 *
 * Parameters may be tensors: they are borrowed, and gradients of the log-density flow into the tensors.
 *
 * @throws {DomainError} a total count is not positive, a probability is not between 0 and 1.
 * @throws {OptionError} no total count or no probability.
 * @throws {ShapeError} the options do not broadcast.
 * @example
 * new NegativeBinomial({ totalCount: [3], probs: 0.4 }).mean(); // → [2]
 */
export class NegativeBinomial extends AbstractDiscrete<Names> {
  constructor(options: NegativeBinomialOptions) {
    super(negativeBinomialFamily, options);
  }
}

/** Codec of {@link NegativeBinomial}. */
export const negativeBinomialCodec: Codec<NegativeBinomial> = univariateCodec(
  "pushforward/negative-binomial",
  NegativeBinomial,
  negativeBinomialFamily,
);

/** Options of {@link Poisson}. */
export interface PoissonOptions {
  /** Size of the event; required only if the rate does not determine it. */
  readonly features?: number;
  /** Expected counts, `[...batch, features]`, all positive. */
  readonly rate: TensorLike;
}

const poissonFamily: DiscreteFamily<"rate"> = {
  name: "Poisson",
  parameters: { rate: positive() },
  ends: () => [0, Number.POSITIVE_INFINITY],
  logMass: (k, { rate }) => k * Math.log(rate) - rate - logGamma(k + 1),
  slopes: (k, { rate }) => ({ rate: k / rate - 1 }),
  cdf: (k, { rate }) => regularizedGamma(k + 1, rate).upper,
  draw: (random, { rate }) => drawPoisson(random, rate),
  mean: ({ rate }) => rate,
  variance: ({ rate }) => rate,
};

/**
 * Independent Poisson distributions of counts, `log P(x) = Σ (xᵢ ln λᵢ − λᵢ − ln xᵢ!)` for xᵢ = 0, 1, 2, …, with rate
 * λ. Event shape `[features]`; events are integers in float32.
 *
 * The log-probability of any other value is `-Infinity`. It is computed on the host in float64; its gradient with
 * respect to x is 0. The entropy is summed over the counts.
 *
 * Parameters may be tensors: they are borrowed, and gradients of the log-density flow into the tensors.
 *
 * @throws {DomainError} a rate is not positive.
 * @throws {OptionError} no rate.
 * @example
 * new Poisson({ rate: [3] }).logProb([2]); // → -1.4959
 */
export class Poisson extends AbstractDiscrete<"rate"> {
  constructor(options: PoissonOptions) {
    super(poissonFamily, options);
  }
}

/** Codec of {@link Poisson}. */
export const poissonCodec: Codec<Poisson> = univariateCodec("pushforward/poisson", Poisson, poissonFamily);
