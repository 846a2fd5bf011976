import type { Codec, TensorLike } from "@pushforward/core";
import { logGamma, regularizedGamma } from "@pushforward/ops";
import { AbstractDiscrete } from "./abstract-discrete.ts";
import { univariateCodec } from "./abstract-univariate.ts";
import { positive } from "./parameter-range.ts";
import { drawPoisson } from "./random-stream.ts";
import type { DiscreteFamily } from "./univariate-family.ts";

/** Options of {@link Poisson}. */
export interface PoissonOptions {
  /** Size of the event; needed only when the rate does not tell it. */
  readonly features?: number;
  /** Expected counts, `[...batch, features]`, all positive. */
  readonly rate: TensorLike;
}

const family: DiscreteFamily<"rate"> = {
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
 * Independent Poisson distributions of counts, `log P(x) = Σ (xᵢ ln λᵢ − λᵢ − ln xᵢ!)` for xᵢ = 0, 1, 2, …, with rate λ.
 * Event shape `[features]`; events are integers in float32.
 *
 * The log-probability of anything else is `-Infinity`. It is computed on the host in float64; its gradient by x is 0. The
 * entropy is summed over the counts.
 *
 * Parameters may be tensors: they are borrowed, and gradients of the log-density flow into them.
 *
 * @throws {DomainError} a rate is not positive.
 * @throws {OptionError} no rate.
 * @example
 * new Poisson({ rate: [3] }).logProb([2]); // → -1.4959
 */
export class Poisson extends AbstractDiscrete<"rate"> {
  constructor(options: PoissonOptions) {
    super(family, options);
  }
}

/** Codec of {@link Poisson}. */
export const poissonCodec: Codec<Poisson> = univariateCodec("pushforward/poisson", Poisson, family);
