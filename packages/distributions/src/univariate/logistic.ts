import type { Codec } from "@pushforward/core";
import { softplus } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { AbstractContinuous } from "./abstract-continuous.ts";
import { univariateCodec } from "./abstract-univariate.ts";
import { locationScale } from "./location-scale.ts";
import type { LocationScaleOptions } from "./location-scale-options.ts";

const family = locationScale({
  name: "Logistic",
  logDensity: (z) => tf.neg(tf.add(softplus(z), softplus(tf.neg(z)))),
  slope: (z) => -Math.tanh(z / 2),
  logPeak: 0,
  cdf: (z) => 1 / (1 + Math.exp(-z)),
  icdf: (u) => Math.log(u / (1 - u)),
  mean: 0,
  variance: Math.PI ** 2 / 3,
  entropy: 2,
});

/**
 * Independent logistic distributions, `log p(x) = −Σ (z + 2 ln(1 + e^−z) + ln s)`, `z = (xᵢ − μᵢ)/sᵢ`, with location μ and
 * scale s. Event shape `[features]`.
 *
 * Parameters may be tensors: they are borrowed, and gradients of the log-density flow into them.
 *
 * @throws {DomainError} a scale is not positive.
 * @throws {ShapeError} the options do not broadcast.
 * @example
 * new Logistic({ location: [1] }).cdf([1]); // → [0.5]
 */
export class Logistic extends AbstractContinuous<"location" | "scale"> {
  constructor(options: LocationScaleOptions) {
    super(family, options);
  }
}

/** Codec of {@link Logistic}. */
export const logisticCodec: Codec<Logistic> = univariateCodec("pushforward/logistic", Logistic, family);
