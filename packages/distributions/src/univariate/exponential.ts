import type { Codec, TensorLike } from "@pushforward/core";
import * as tf from "@tensorflow/tfjs-core";
import { AbstractContinuous } from "./abstract-continuous.ts";
import { univariateCodec } from "./abstract-univariate.ts";
import { positive } from "./parameter-range.ts";
import type { ContinuousFamily } from "./univariate-family.ts";

/** Options of {@link Exponential}. */
export interface ExponentialOptions {
  /** Size of the event; needed only when the rate does not tell it. */
  readonly features?: number;
  /** `[...batch, features]`, all positive. Default: 1. */
  readonly rate?: TensorLike;
}

const family: ContinuousFamily<"rate", "rate" | "logRate"> = {
  name: "Exponential",
  parameters: { rate: positive(1) },
  ends: () => [0, Number.POSITIVE_INFINITY],
  atEnds: ({ rate }) => [Math.log(rate), Number.NEGATIVE_INFINITY],
  constants: ({ rate }) => ({ rate, logRate: Math.log(rate) }),
  logDensity: (x, c) => tf.sub(c.logRate, tf.mul(c.rate, x)),
  slopes: (x, { rate }) => ({ rate: 1 / rate - x }),
  cdf: (x, { rate }) => -Math.expm1(-rate * x),
  icdf: (u, { rate }) => -Math.log1p(-u) / rate,
  mean: ({ rate }) => 1 / rate,
  variance: ({ rate }) => 1 / rate ** 2,
  entropy: ({ rate }) => 1 - Math.log(rate),
};

/**
 * Independent exponential distributions, `log p(x) = Σ (ln rᵢ − rᵢ xᵢ)` for x ≥ 0, with rate r. Event shape `[features]`.
 *
 * Parameters may be tensors: they are borrowed, and gradients of the log-density flow into them.
 *
 * @throws {DomainError} a rate is not positive.
 * @example
 * new Exponential({ rate: [2] }).logProb([1]); // → -1.3069
 */
export class Exponential extends AbstractContinuous<"rate"> {
  constructor(options: ExponentialOptions) {
    super(family, options);
  }
}

/** Codec of {@link Exponential}. */
export const exponentialCodec: Codec<Exponential> = univariateCodec("pushforward/exponential", Exponential, family);
