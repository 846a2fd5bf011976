import type { Codec } from "@pushforward/core";
import * as tf from "@tensorflow/tfjs-core";
import { AbstractContinuous } from "./abstract-continuous.ts";
import { univariateCodec } from "./abstract-univariate.ts";
import { locationScale } from "./location-scale.ts";
import type { LocationScaleOptions } from "./location-scale-options.ts";
import { log1pSquare } from "./log1p-square.ts";

const family = locationScale({
  name: "Cauchy",
  logDensity: (z) => tf.neg(log1pSquare(z)),
  slope: (z) => -2 / (1 / z + z),
  logPeak: -Math.log(Math.PI),
  // Of −1/z in the lower tail, where ½ + arctan(z)/π would cancel.
  cdf: (z) => (z < -1 ? Math.atan(-1 / z) / Math.PI : 0.5 + Math.atan(z) / Math.PI),
  icdf: (u) =>
    u < 0.25 ? -1 / Math.tan(Math.PI * u) : u > 0.75 ? 1 / Math.tan(Math.PI * (1 - u)) : Math.tan(Math.PI * (u - 0.5)),
  mean: Number.NaN,
  variance: Number.NaN,
  entropy: Math.log(4 * Math.PI),
});

/**
 * Independent Cauchy distributions, `log p(x) = −Σ ln(π sᵢ (1 + (xᵢ − μᵢ)²/sᵢ²))`, with location μ and scale s. Event shape
 * `[features]`. Mean and variance do not exist: they are NaN. Every finite float32 has a finite log-density.
 *
 * Parameters may be tensors: they are borrowed, and gradients of the log-density flow into them.
 *
 * @throws {DomainError} a scale is not positive.
 * @throws {ShapeError} the options do not broadcast.
 * @example
 * new Cauchy({ features: 1 }).icdf([0.75]); // → [1]
 */
export class Cauchy extends AbstractContinuous<"location" | "scale"> {
  constructor(options: LocationScaleOptions) {
    super(family, options);
  }
}

/** Codec of {@link Cauchy}. */
export const cauchyCodec: Codec<Cauchy> = univariateCodec("pushforward/cauchy", Cauchy, family);
