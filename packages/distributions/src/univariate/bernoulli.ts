import type { Codec, TensorLike } from "@pushforward/core";
import { AbstractDiscrete } from "./abstract-discrete.ts";
import { univariateCodec } from "./abstract-univariate.ts";
import type { DiscreteFamily } from "./univariate-family.ts";

/** Options of {@link Bernoulli}. */
export interface BernoulliOptions {
  /** Size of the event; needed only when the probabilities do not tell it. */
  readonly features?: number;
  /** Probabilities of a 1, `[...batch, features]`, from 0 to 1. */
  readonly probs: TensorLike;
}

const family: DiscreteFamily<"probs"> = {
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
 * `[features]`; events are 0 and 1 in float32. For labels given logits of a network there is `ops.bernoulliLogProb`.
 *
 * The log-probability of anything else is `-Infinity`; the gradient by x is 0.
 *
 * Parameters may be tensors: they are borrowed, and gradients of the log-density flow into them.
 *
 * @throws {DomainError} a probability is below 0 or above 1.
 * @throws {OptionError} no probabilities.
 * @example
 * new Bernoulli({ probs: [0.2, 0.7] }).logProb([0, 1]); // → -0.5798
 */
export class Bernoulli extends AbstractDiscrete<"probs"> {
  constructor(options: BernoulliOptions) {
    super(family, options);
  }
}

/** Codec of {@link Bernoulli}. */
export const bernoulliCodec: Codec<Bernoulli> = univariateCodec("pushforward/bernoulli", Bernoulli, family);
