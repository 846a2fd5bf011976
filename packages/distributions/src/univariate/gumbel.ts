import type { Codec } from "@pushforward/core";
import * as tf from "@tensorflow/tfjs-core";
import { AbstractContinuous } from "./abstract-continuous.ts";
import { univariateCodec } from "./abstract-univariate.ts";
import { locationScale } from "./location-scale.ts";
import type { LocationScaleOptions } from "./location-scale-options.ts";

/** The constant of Euler and Mascheroni. */
const EULER = 0.5772156649015329;

const family = locationScale({
  name: "Gumbel",
  logDensity: (z) => tf.neg(tf.add(z, tf.exp(tf.neg(z)))),
  slope: (z) => Math.expm1(-z),
  logPeak: 0,
  cdf: (z) => Math.exp(-Math.exp(-z)),
  icdf: (u) => -Math.log(-Math.log(u)),
  mean: EULER,
  variance: Math.PI ** 2 / 6,
  entropy: 1 + EULER,
});

/**
 * Independent Gumbel distributions of maxima, `log p(x) = −Σ (z + e^−z + ln s)`, `z = (xᵢ − μᵢ)/sᵢ`, with location μ and
 * scale s. Event shape `[features]`.
 *
 * Parameters may be tensors: they are borrowed, and gradients of the log-density flow into them.
 *
 * @throws {DomainError} a scale is not positive.
 * @throws {ShapeError} the options do not broadcast.
 * @example
 * new Gumbel({ location: [3], scale: 2 }).mean(); // → [4.1544]
 */
export class Gumbel extends AbstractContinuous<"location" | "scale"> {
  constructor(options: LocationScaleOptions) {
    super(family, options);
  }
}

/** Codec of {@link Gumbel}. */
export const gumbelCodec: Codec<Gumbel> = univariateCodec("pushforward/gumbel", Gumbel, family);
