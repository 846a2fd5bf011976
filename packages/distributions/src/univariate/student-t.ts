import type { Codec, TensorLike } from "@pushforward/core";
import { digamma, logGamma, regularizedBeta } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { AbstractContinuous } from "./abstract-continuous.ts";
import { type ContinuousFamily, positive, univariateCodec } from "./abstract-univariate.ts";
import { type LocationScaleOptions, locationAndScale, log1pSquare, standardized } from "./location-scale.ts";
import { drawLogGamma } from "./random-stream.ts";

/** Options of {@link StudentT}; they broadcast with each other and with `[features]`. */
export interface StudentTOptions extends LocationScaleOptions {
  /** `[...batch, features]`, all positive. */
  readonly degreesOfFreedom: TensorLike;
}

type Names = "degreesOfFreedom" | "location" | "scale";

const family: ContinuousFamily<Names, "location" | "width" | "power" | "logPeak"> = {
  name: "StudentT",
  parameters: { degreesOfFreedom: positive(), ...locationAndScale },
  constants: ({ degreesOfFreedom: nu, location, scale }) => ({
    location,
    width: scale * Math.sqrt(nu),
    power: (nu + 1) / 2,
    logPeak: -logBeta(nu) - 0.5 * Math.log(nu) - Math.log(scale),
  }),
  logDensity: (x, c) => tf.sub(c.logPeak, tf.mul(c.power, log1pSquare(tf.div(tf.sub(x, c.location), c.width)))),
  slopes: (x, p) => {
    const z = standardized(x, p);
    const nu = p.degreesOfFreedom;
    const weight = (nu + 1) / (nu + z * z);
    const logTerms = digamma((nu + 1) / 2) - digamma(nu / 2) - Math.log1p(z * (z / nu));
    return {
      degreesOfFreedom: 0.5 * (logTerms + (weight * z * z - 1) / nu),
      location: (weight * z) / p.scale,
      scale: (weight * z * z - 1) / p.scale,
    };
  },
  cdf: (x, p) => {
    const z = standardized(x, p);
    const nu = p.degreesOfFreedom;
    // Both shares from the ratio that does not overflow.
    const share = 1 / (1 + z * (z / nu));
    const tail = 0.5 * regularizedBeta(nu / 2, 0.5, share, z * (z / nu) * share).lower;
    return z < 0 ? tail : 1 - tail;
  },
  draw: (random, { degreesOfFreedom: nu, location, scale }) => {
    const z = random.normal();
    return location + scale * z * Math.exp(0.5 * (Math.log(nu / 2) - drawLogGamma(random, nu / 2)));
  },
  mean: ({ degreesOfFreedom: nu, location }) => (nu > 1 ? location : Number.NaN),
  variance: ({ degreesOfFreedom: nu, scale }) =>
    nu > 2 ? (scale ** 2 * nu) / (nu - 2) : nu > 1 ? Number.POSITIVE_INFINITY : Number.NaN,
  entropy: ({ degreesOfFreedom: nu, scale }) =>
    ((nu + 1) / 2) * (digamma((nu + 1) / 2) - digamma(nu / 2)) + 0.5 * Math.log(nu) + logBeta(nu) + Math.log(scale),
};

/** `ln B(ν/2, ½)`. */
function logBeta(nu: number): number {
  return logGamma(nu / 2) + logGamma(0.5) - logGamma((nu + 1) / 2);
}

/**
 * Independent Student-t distributions, one for each feature, `log p(x) = Σ (ln p(μᵢ) − ½(νᵢ + 1) ln(1 + z²/νᵢ))`,
 * `z = (xᵢ − μᵢ)/sᵢ`, with ν degrees of freedom, location μ and scale s. Event shape `[features]`.
 *
 * A {@link MultivariateStudentT} is a different distribution: its features share one draw of the scale and are not
 * independent. Every finite float32 has a finite log-density. The mean is NaN up to one degree of freedom. The variance
 * is infinite up to two, NaN up to one.
 *
 * Parameters may be tensors: they are borrowed, and gradients of the log-density flow into the tensors.
 *
 * @throws {DomainError} a scale or the degrees of freedom are not positive.
 * @throws {OptionError} no degrees of freedom.
 * @throws {ShapeError} the options do not broadcast.
 * @example
 * new StudentT({ degreesOfFreedom: 4, features: 2 }).variance(); // → [2, 2]
 */
export class StudentT extends AbstractContinuous<Names> {
  constructor(options: StudentTOptions) {
    super(family, options);
  }
}

/** Codec of {@link StudentT}. */
export const studentTCodec: Codec<StudentT> = univariateCodec("pushforward/student-t", StudentT, family);
