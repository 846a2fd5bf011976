import type { Codec, TensorLike } from "@pushforward/core";
import { clip, log1p, softplus, stopGradient } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { AbstractContinuous } from "./abstract-continuous.ts";
import {
  type ContinuousFamily,
  type ParameterRange,
  positive,
  real,
  univariateCodec,
  type Values,
} from "./abstract-univariate.ts";

const FAR = 3e38;

type Names = "location" | "scale";
type Constants = Names | "logNormalizer";

/** The distribution with location 0 and scale 1 on the line. */
export interface StandardFamily {
  readonly name: string;
  /** The log-density of z but for `logPeak`. */
  readonly logDensity: (z: tf.Tensor) => tf.Tensor;
  /** Its derivative. */
  readonly slope: (z: number) => number;
  readonly logPeak: number;
  readonly cdf: (z: number) => number;
  readonly icdf: (u: number) => number;
  readonly mean: number;
  readonly variance: number;
  readonly entropy: number;
}

/** The family of `location + scale · z`, with z of a standard distribution. */
function locationScale(standard: StandardFamily): ContinuousFamily<Names, Constants> {
  const { name, logDensity, slope, logPeak, cdf, icdf, mean, variance, entropy } = standard;
  return {
    name,
    parameters: locationAndScale,
    constants: ({ location, scale }) => ({ location, scale, logNormalizer: logPeak - Math.log(scale) }),
    // A small scale must not take a number to ±Infinity.
    logDensity: (x, c) => tf.add(logDensity(clip(tf.div(tf.sub(x, c.location), c.scale), -FAR, FAR)), c.logNormalizer),
    slopes: (x, p) => {
      const z = standardized(x, p);
      return { location: -slope(z) / p.scale, scale: -(1 + z * slope(z)) / p.scale };
    },
    cdf: (x, p) => cdf(standardized(x, p)),
    icdf: (u, p) => p.location + p.scale * icdf(u),
    mean: (p) => p.location + p.scale * mean,
    variance: (p) => p.scale ** 2 * variance,
    entropy: (p) => Math.log(p.scale) + entropy,
  };
}

/** Both parameters, 0 and 1 unless they are given. */
export const locationAndScale: Readonly<Record<Names, ParameterRange>> = { location: real(0), scale: positive(1) };

/** `(x − location)/scale`. */
export function standardized(x: number, { location, scale }: Values<Names>): number {
  return (x - location) / scale;
}

/** Options of a distribution with location and scale; they broadcast with each other and with `[features]`. */
export interface LocationScaleOptions {
  /** Size of the event; required only if no array determines it. */
  readonly features?: number;
  /** `[...batch, features]`. Default: 0. */
  readonly location?: TensorLike;
  /** `[...batch, features]`, all positive. Default: 1. */
  readonly scale?: TensorLike;
}

const LARGEST = 3e38;

/** `ln(1 + w²)`, elementwise, without overflow: `2 ln m + ln(1/m² + (w/m)²)` with m the larger of |w| and 1. */
export function log1pSquare(w: tf.Tensor): tf.Tensor {
  const kept = clip(w, -LARGEST, LARGEST);
  const m = stopGradient(tf.maximum(tf.abs(kept), 1));
  const excess = tf.add(tf.sub(tf.div(1, tf.square(m)), 1), tf.square(tf.div(kept, m)));
  return tf.add(tf.mul(2, tf.log(m)), log1p(excess));
}

const cauchyFamily = locationScale({
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
 * Independent Cauchy distributions, `log p(x) = −Σ ln(π sᵢ (1 + (xᵢ − μᵢ)²/sᵢ²))`, with location μ and scale s. Event
 * shape `[features]`. Mean and variance do not exist: they are NaN. Every finite float32 has a finite log-density.
 *
 * Parameters may be tensors: they are borrowed, and gradients of the log-density flow into the tensors.
 *
 * @throws {DomainError} a scale is not positive.
 * @throws {ShapeError} the options do not broadcast.
 * @example
 * new Cauchy({ features: 1 }).icdf([0.75]); // → [1]
 */
export class Cauchy extends AbstractContinuous<"location" | "scale"> {
  constructor(options: LocationScaleOptions) {
    super(cauchyFamily, options);
  }
}

/** Codec of {@link Cauchy}. */
export const cauchyCodec: Codec<Cauchy> = univariateCodec("pushforward/cauchy", Cauchy, cauchyFamily);

/** The constant of Euler and Mascheroni. */
const EULER = 0.5772156649015329;

const gumbelFamily = locationScale({
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
 * Independent Gumbel distributions of maxima, `log p(x) = −Σ (z + e^−z + ln s)`, `z = (xᵢ − μᵢ)/sᵢ`, with location μ
 * and scale s. Event shape `[features]`.
 *
 * Parameters may be tensors: they are borrowed, and gradients of the log-density flow into the tensors.
 *
 * @throws {DomainError} a scale is not positive.
 * @throws {ShapeError} the options do not broadcast.
 * @example
 * new Gumbel({ location: [3], scale: 2 }).mean(); // → [4.1544]
 */
export class Gumbel extends AbstractContinuous<"location" | "scale"> {
  constructor(options: LocationScaleOptions) {
    super(gumbelFamily, options);
  }
}

/** Codec of {@link Gumbel}. */
export const gumbelCodec: Codec<Gumbel> = univariateCodec("pushforward/gumbel", Gumbel, gumbelFamily);

const laplaceFamily = locationScale({
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
 * Parameters may be tensors: they are borrowed, and gradients of the log-density flow into the tensors.
 *
 * @throws {DomainError} a scale is not positive.
 * @throws {ShapeError} the options do not broadcast.
 * @example
 * new Laplace({ location: [0, 1], scale: 2 }).logProb([0, 1]); // → -2.7726
 */
export class Laplace extends AbstractContinuous<"location" | "scale"> {
  constructor(options: LocationScaleOptions) {
    super(laplaceFamily, options);
  }
}

/** Codec of {@link Laplace}. */
export const laplaceCodec: Codec<Laplace> = univariateCodec("pushforward/laplace", Laplace, laplaceFamily);

const logisticFamily = locationScale({
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
 * Independent logistic distributions, `log p(x) = −Σ (z + 2 ln(1 + e^−z) + ln s)`, `z = (xᵢ − μᵢ)/sᵢ`, with location μ
 * and scale s. Event shape `[features]`.
 *
 * Parameters may be tensors: they are borrowed, and gradients of the log-density flow into the tensors.
 *
 * @throws {DomainError} a scale is not positive.
 * @throws {ShapeError} the options do not broadcast.
 * @example
 * new Logistic({ location: [1] }).cdf([1]); // → [0.5]
 */
export class Logistic extends AbstractContinuous<"location" | "scale"> {
  constructor(options: LocationScaleOptions) {
    super(logisticFamily, options);
  }
}

/** Codec of {@link Logistic}. */
export const logisticCodec: Codec<Logistic> = univariateCodec("pushforward/logistic", Logistic, logisticFamily);
