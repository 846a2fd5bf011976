import type { Codec } from "@pushforward/core";
import * as tf from "@tensorflow/tfjs-core";
import { AbstractContinuous } from "./abstract-continuous.ts";
import { univariateCodec } from "./abstract-univariate.ts";
import { locationScale } from "./location-scale.ts";
import type { LocationScaleOptions } from "./location-scale-options.ts";

const family = locationScale({
  name: "Laplace",
  logDensity: (z) => tf.neg(tf.abs(z)),
  slope: (z) => -Math.sign(z),
  logPeak: -Math.LN2,
  cdf: (z) => (z < 0 ? 0.5 * Math.exp(z) : 1 - 0.5 * Math.exp(-z)),
  icdf: (u) => (u < 0.5 ? Math.log(2 * u) : -Math.log(2 * (1 - u))),
  mean: 0,
  variance: 2,
  entropy: 1 + Math.LN2,
});

/**
 * Independent Laplace distributions, `log p(x) = −Σ (|xᵢ − μᵢ|/sᵢ + ln 2sᵢ)`, with location μ and scale s. Event shape
 * `[features]`. The gradient at the location is 0.
 *
 * Parameters may be tensors: they are borrowed, and gradients of the log-density flow into them.
 *
 * @throws {DomainError} a scale is not positive.
 * @throws {ShapeError} the options do not broadcast.
 * @example
 * new Laplace({ location: [0, 1], scale: 2 }).logProb([0, 1]); // → -2.7726
 */
export class Laplace extends AbstractContinuous<"location" | "scale"> {
  constructor(options: LocationScaleOptions) {
    super(family, options);
  }
}

/** Codec of {@link Laplace}. */
export const laplaceCodec: Codec<Laplace> = univariateCodec("pushforward/laplace", Laplace, family);
