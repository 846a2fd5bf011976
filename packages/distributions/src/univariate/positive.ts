import type { Codec, TensorLike } from "@pushforward/core";
import { normalCdf, normalQuantile } from "@pushforward/core/plain";
import { digamma, logGamma, regularizedGamma } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { AbstractContinuous } from "./abstract-continuous.ts";
import { type ContinuousFamily, positive, univariateCodec } from "./abstract-univariate.ts";
import { logRatio } from "./beta.ts";
import { type LocationScaleOptions, locationAndScale, standardized } from "./location-scale.ts";
import { drawLogGamma } from "./random-stream.ts";

/** Options of {@link Exponential}. */
export interface ExponentialOptions {
  /** Size of the event; required only if the rate does not determine it. */
  readonly features?: number;
  /** `[...batch, features]`, all positive. Default: 1. */
  readonly rate?: TensorLike;
}

const exponentialFamily: ContinuousFamily<"rate", "rate" | "logRate"> = {
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
 * Independent exponential distributions, `log p(x) = Σ (ln rᵢ − rᵢ xᵢ)` for x ≥ 0, with rate r. Event shape
 * `[features]`.
 *
 * Parameters may be tensors: they are borrowed, and gradients of the log-density flow into the tensors.
 *
 * @throws {DomainError} a rate is not positive.
 * @example
 * new Exponential({ rate: [2] }).logProb([1]); // → -1.3069
 */
export class Exponential extends AbstractContinuous<"rate"> {
  constructor(options: ExponentialOptions) {
    super(exponentialFamily, options);
  }
}

/** Codec of {@link Exponential}. */
export const exponentialCodec: Codec<Exponential> = univariateCodec(
  "pushforward/exponential",
  Exponential,
  exponentialFamily,
);

/** Options of {@link Gamma}; they broadcast with each other and with `[features]`. */
export interface GammaOptions {
  /** Size of the event; required only if no array determines it. */
  readonly features?: number;
  /** `[...batch, features]`, all positive. */
  readonly concentration: TensorLike;
  /** `[...batch, features]`, all positive. Default: 1. */
  readonly rate?: TensorLike;
}

type GammaNames = "concentration" | "rate";

const gammaFamily: ContinuousFamily<GammaNames, "center" | "power" | "slope" | "isPeaked" | "logAtCenter"> = {
  name: "Gamma",
  parameters: { concentration: positive(), rate: positive(1) },
  refuse: ({ concentration, rate }) =>
    Math.abs(Math.log10((concentration + 1) / rate)) < 30
      ? undefined
      : `a mean that float32 holds, got ${concentration / rate}`,
  ends: () => [0, Number.POSITIVE_INFINITY],
  atEnds: ({ concentration: a, rate }) => [
    a < 1 ? Number.POSITIVE_INFINITY : a > 1 ? Number.NEGATIVE_INFINITY : Math.log(rate),
    Number.NEGATIVE_INFINITY,
  ],
  // A large concentration relative to the mode, where the terms of first order cancel.
  constants: ({ concentration: a, rate }) => {
    const isPeaked = a > 2;
    // Float32 holds the center itself; what is then left of the terms of first order is the slope.
    const center = Math.fround(isPeaked ? (a - 1) / rate : 1 / rate);
    const logAtCenter = Math.log(rate) + (a - 1) * Math.log(center * rate) - center * rate - logGamma(a);
    return {
      center,
      power: a - 1,
      slope: isPeaked ? (a - 1) / center - rate : -rate,
      isPeaked: Number(isPeaked),
      logAtCenter,
    };
  },
  logDensity: (x, c) => {
    const offset = tf.sub(x, c.center);
    const powers = tf.mul(c.power, logRatio(tf.div(x, c.center), tf.div(offset, c.center), c.isPeaked));
    return tf.add(tf.add(powers, tf.mul(c.slope, offset)), c.logAtCenter);
  },
  slopes: (x, { concentration: a, rate }) => ({
    concentration: Math.log(rate) + Math.log(x) - digamma(a),
    rate: a / rate - x,
  }),
  cdf: (x, { concentration, rate }) => regularizedGamma(concentration, rate * x).lower,
  draw: (random, { concentration, rate }) => Math.exp(drawLogGamma(random, concentration)) / rate,
  mean: ({ concentration, rate }) => concentration / rate,
  variance: ({ concentration, rate }) => concentration / rate ** 2,
  entropy: ({ concentration: a, rate }) => a - Math.log(rate) + logGamma(a) + (1 - a) * digamma(a),
};

/**
 * Independent Gamma distributions, `log p(x) = Σ (aᵢ ln rᵢ + (aᵢ − 1) ln xᵢ − rᵢ xᵢ − ln Γ(aᵢ))` for x > 0, with
 * concentration a and rate r. Event shape `[features]`.
 *
 * At 0 the log-density is its limit. If the limit is infinite, for a < 1, it is the log-density at the smallest normal
 * float32. Draws by the method of Marsaglia and Tsang (2000).
 *
 * Parameters may be tensors: they are borrowed, and gradients of the log-density flow into the tensors.
 *
 * @throws {DomainError} a concentration or a rate is not positive; their ratio is no float32.
 * @throws {OptionError} no concentration.
 * @throws {ShapeError} the options do not broadcast.
 * @example
 * new Gamma({ concentration: [2], rate: 3 }).logProb([1]); // → -0.8028
 */
export class Gamma extends AbstractContinuous<GammaNames> {
  constructor(options: GammaOptions) {
    super(gammaFamily, options);
  }
}

/** Codec of {@link Gamma}. */
export const gammaCodec: Codec<Gamma> = univariateCodec("pushforward/gamma", Gamma, gammaFamily);

/** Options of {@link HalfNormal}. */
export interface HalfNormalOptions {
  /** Size of the event; required only if the scale does not determine it. */
  readonly features?: number;
  /** Standard deviation of the normal, `[...batch, features]`, all positive. Default: 1. */
  readonly scale?: TensorLike;
}

const halfNormalFamily: ContinuousFamily<"scale", "scale" | "logPeak"> = {
  name: "HalfNormal",
  parameters: { scale: positive(1) },
  ends: () => [0, Number.POSITIVE_INFINITY],
  atEnds: ({ scale }) => [logPeak(scale), Number.NEGATIVE_INFINITY],
  constants: ({ scale }) => ({ scale, logPeak: logPeak(scale) }),
  logDensity: (x, c) => tf.sub(c.logPeak, tf.mul(0.5, tf.square(tf.div(x, c.scale)))),
  slopes: (x, { scale }) => ({ scale: ((x / scale) ** 2 - 1) / scale }),
  cdf: (x, { scale }) => regularizedGamma(0.5, (x / scale) ** 2 / 2).lower,
  icdf: (u, { scale }) => -scale * normalQuantile((1 - u) / 2),
  draw: (random, { scale }) => scale * Math.abs(random.normal()),
  mean: ({ scale }) => scale * Math.sqrt(2 / Math.PI),
  variance: ({ scale }) => scale ** 2 * (1 - 2 / Math.PI),
  entropy: ({ scale }) => 0.5 * Math.log((Math.PI / 2) * scale ** 2) + 0.5,
};

function logPeak(scale: number): number {
  return 0.5 * Math.log(2 / Math.PI) - Math.log(scale);
}

/**
 * Independent absolute values of normals with mean 0, `log p(x) = Σ (½ ln(2/π) − ln σᵢ − xᵢ²/2σᵢ²)` for x ≥ 0, with
 * scale σ. Event shape `[features]`.
 *
 * Parameters may be tensors: they are borrowed, and gradients of the log-density flow into the tensors.
 *
 * @throws {DomainError} a scale is not positive.
 * @example
 * new HalfNormal({ scale: [2] }).mean(); // → [1.5958]
 */
export class HalfNormal extends AbstractContinuous<"scale"> {
  constructor(options: HalfNormalOptions) {
    super(halfNormalFamily, options);
  }
}

/** Codec of {@link HalfNormal}. */
export const halfNormalCodec: Codec<HalfNormal> = univariateCodec(
  "pushforward/half-normal",
  HalfNormal,
  halfNormalFamily,
);

type LogNormalNames = "location" | "scale";

const logNormalFamily: ContinuousFamily<LogNormalNames, LogNormalNames | "logPeak"> = {
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
 * Parameters may be tensors: they are borrowed, and gradients of the log-density flow into the tensors.
 *
 * @throws {DomainError} a scale is not positive.
 * @throws {ShapeError} the options do not broadcast.
 * @example
 * new LogNormal({ location: [1], scale: 0.5 }).icdf([0.5]); // → [2.71828]
 */
export class LogNormal extends AbstractContinuous<LogNormalNames> {
  constructor(options: LocationScaleOptions) {
    super(logNormalFamily, options);
  }
}

/** Codec of {@link LogNormal}. */
export const logNormalCodec: Codec<LogNormal> = univariateCodec("pushforward/log-normal", LogNormal, logNormalFamily);

/** Options of {@link Weibull}; they broadcast with each other and with `[features]`. */
export interface WeibullOptions {
  /** Size of the event; required only if no array determines it. */
  readonly features?: number;
  /** Shape parameter k, `[...batch, features]`, all positive. */
  readonly concentration: TensorLike;
  /** Scale parameter λ, `[...batch, features]`, all positive. Default: 1. */
  readonly scale?: TensorLike;
}

type WeibullNames = "concentration" | "scale";

const EULER_GAMMA = 0.5772156649015329;

const weibullFamily: ContinuousFamily<WeibullNames, "power" | "logScale" | "logPeak"> = {
  name: "Weibull",
  parameters: { concentration: positive(), scale: positive(1) },
  ends: () => [0, Number.POSITIVE_INFINITY],
  atEnds: ({ concentration: k, scale }) => [
    k < 1 ? Number.POSITIVE_INFINITY : k > 1 ? Number.NEGATIVE_INFINITY : -Math.log(scale),
    Number.NEGATIVE_INFINITY,
  ],
  constants: ({ concentration: k, scale }) => ({
    power: k,
    logScale: Math.log(scale),
    logPeak: Math.log(k) - Math.log(scale),
  }),
  logDensity: (x, c) => {
    const z = tf.sub(tf.log(x), c.logScale);
    const log = tf.mul(tf.sub(c.power, 1), z);
    return tf.sub(tf.add(c.logPeak, log), tf.exp(tf.mul(c.power, z)));
  },
  slopes: (x, { concentration: k, scale }) => {
    const z = Math.log(x / scale);
    const power = Math.exp(k * z);
    return { concentration: 1 / k + z - power * z, scale: (k / scale) * (power - 1) };
  },
  cdf: (x, { concentration, scale }) => -Math.expm1(-((x / scale) ** concentration)),
  icdf: (u, { concentration, scale }) => scale * (-Math.log1p(-u)) ** (1 / concentration),
  mean: ({ concentration, scale }) => scale * Math.exp(logGamma(1 + 1 / concentration)),
  variance: ({ concentration: k, scale }) => {
    const twiceLogMean = 2 * logGamma(1 + 1 / k);
    return scale ** 2 * Math.exp(twiceLogMean) * Math.expm1(logGamma(1 + 2 / k) - twiceLogMean);
  },
  entropy: ({ concentration: k, scale }) => EULER_GAMMA * (1 - 1 / k) + Math.log(scale / k) + 1,
};

/**
 * Independent Weibull distributions, `log p(x) = Σ (ln(kᵢ/λᵢ) + (kᵢ − 1) ln(xᵢ/λᵢ) − (xᵢ/λᵢ)^kᵢ)` for x > 0, with
 * concentration k and scale λ. Event shape `[features]`. Common for lifetimes, wind speeds and times to failure.
 *
 * At 0 the log-density is its limit. If the limit is infinite, for k < 1, it is the value at the smallest normal
 * float32.
 *
 * Parameters may be tensors: they are borrowed, and gradients of the log-density flow into the tensors.
 *
 * @throws {DomainError} a concentration or a scale is not positive.
 * @throws {OptionError} no concentration.
 * @throws {ShapeError} the options do not broadcast.
 * @example
 * new Weibull({ concentration: [2], scale: 3 }).logProb([1]); // → -1.6152
 */
export class Weibull extends AbstractContinuous<WeibullNames> {
  constructor(options: WeibullOptions) {
    super(weibullFamily, options);
  }
}

/** Codec of {@link Weibull}. */
export const weibullCodec: Codec<Weibull> = univariateCodec("pushforward/weibull", Weibull, weibullFamily);
