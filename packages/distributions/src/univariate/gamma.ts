import type { Codec, TensorLike } from "@pushforward/core";
import { digamma, logGamma, regularizedGamma } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { AbstractContinuous } from "./abstract-continuous.ts";
import { univariateCodec } from "./abstract-univariate.ts";
import { logRatio } from "./log-ratio.ts";
import { positive } from "./parameter-range.ts";
import { drawLogGamma } from "./random-stream.ts";
import type { ContinuousFamily } from "./univariate-family.ts";

/** Options of {@link Gamma}; they broadcast with each other and with `[features]`. */
export interface GammaOptions {
  /** Size of the event; needed only when no array tells it. */
  readonly features?: number;
  /** `[...batch, features]`, all positive. */
  readonly concentration: TensorLike;
  /** `[...batch, features]`, all positive. Default: 1. */
  readonly rate?: TensorLike;
}

type Names = "concentration" | "rate";

const family: ContinuousFamily<Names, "center" | "power" | "slope" | "isPeaked" | "logAtCenter"> = {
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
 * At 0 the log-density is its limit; where that is infinite, for a < 1, it is that of the smallest normal float32.
 * Draws by the method of Marsaglia and Tsang (2000).
 *
 * Parameters may be tensors: they are borrowed, and gradients of the log-density flow into them.
 *
 * @throws {DomainError} a concentration or a rate is not positive; their ratio is no float32.
 * @throws {OptionError} no concentration.
 * @throws {ShapeError} the options do not broadcast.
 * @example
 * new Gamma({ concentration: [2], rate: 3 }).logProb([1]); // → -0.8028
 */
export class Gamma extends AbstractContinuous<Names> {
  constructor(options: GammaOptions) {
    super(family, options);
  }
}

/** Codec of {@link Gamma}. */
export const gammaCodec: Codec<Gamma> = univariateCodec("pushforward/gamma", Gamma, family);
