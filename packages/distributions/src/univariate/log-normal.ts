import type { Codec } from "@pushforward/core";
import { normalCdf, normalQuantile } from "@pushforward/core/plain";
import * as tf from "@tensorflow/tfjs-core";
import { AbstractContinuous } from "./abstract-continuous.ts";
import { univariateCodec } from "./abstract-univariate.ts";
import { locationAndScale, standardized } from "./location-scale.ts";
import type { LocationScaleOptions } from "./location-scale-options.ts";
import type { ContinuousFamily } from "./univariate-family.ts";

type Names = "location" | "scale";

const family: ContinuousFamily<Names, Names | "logPeak"> = {
  name: "LogNormal",
  parameters: locationAndScale,
  ends: () => [0, Number.POSITIVE_INFINITY],
  constants: ({ location, scale }) => ({
    location,
    scale,
    logPeak: -Math.log(scale) - 0.5 * Math.log(2 * Math.PI),
  }),
  logDensity: (x, c) => {
    const logX = tf.log(x);
    const z = tf.div(tf.sub(logX, c.location), c.scale);
    return tf.sub(tf.sub(c.logPeak, tf.mul(0.5, tf.square(z))), logX);
  },
  slopes: (x, p) => {
    const z = standardized(Math.log(x), p);
    return { location: z / p.scale, scale: (z * z - 1) / p.scale };
  },
  cdf: (x, p) => normalCdf(standardized(Math.log(x), p)),
  icdf: (u, { location, scale }) => Math.exp(location + scale * normalQuantile(u)),
  draw: (random, { location, scale }) => Math.exp(location + scale * random.normal()),
  mean: ({ location, scale }) => Math.exp(location + scale ** 2 / 2),
  variance: ({ location, scale }) => Math.expm1(scale ** 2) * Math.exp(2 * location + scale ** 2),
  entropy: ({ location, scale }) => location + 0.5 * Math.log(2 * Math.PI * Math.E * scale ** 2),
};

/**
 * Independent log-normal distributions: `ln xᵢ` is normal with mean `location` and standard deviation `scale`,
 * `log p(x) = Σ (ln N(ln xᵢ; μᵢ, σᵢ) − ln xᵢ)` for x > 0. Event shape `[features]`.
 *
 * Parameters may be tensors: they are borrowed, and gradients of the log-density flow into them.
 *
 * @throws {DomainError} a scale is not positive.
 * @throws {ShapeError} the options do not broadcast.
 * @example
 * new LogNormal({ location: [1], scale: 0.5 }).icdf([0.5]); // → [2.71828]
 */
export class LogNormal extends AbstractContinuous<Names> {
  constructor(options: LocationScaleOptions) {
    super(family, options);
  }
}

/** Codec of {@link LogNormal}. */
export const logNormalCodec: Codec<LogNormal> = univariateCodec("pushforward/log-normal", LogNormal, family);
