import type { Codec, TensorLike } from "@pushforward/core";
import { clip, digamma, logGamma, regularizedBeta } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { AbstractContinuous } from "./abstract-continuous.ts";
import { type ContinuousFamily, positive, univariateCodec, type Values } from "./abstract-univariate.ts";
import { drawLogGamma } from "./random-stream.ts";

const FAR = 3e38;
/** Below this excess the series converges to float32's precision with eight terms. */
const NEAR = 0.1;
const TERMS = 8;

/**
 * `ln r − s (r − 1)`, elementwise, where both the ratio r and `excess = r − 1` are known. With s = 1 it is the term of a
 * log-density at its mode, of second order in the excess: large powers multiply it, and the two parts would cancel.
 *
 * @param s 1 or 0.
 */
export function logRatio(ratio: tf.Tensor, excess: tf.Tensor, s: tf.Tensor): tf.Tensor {
  const isNear = tf.less(tf.abs(excess), NEAR);
  const small = clip(excess, -NEAR, NEAR);
  // −δ²/2 + δ³/3 − δ⁴/4 + …
  let series: tf.Tensor = tf.scalar(0);
  for (let n = TERMS + 1; n >= 2; n--) series = tf.sub(1 / n, tf.mul(small, series));
  const near = tf.sub(tf.mul(tf.sub(1, s), small), tf.mul(tf.square(small), series));
  const far = tf.sub(tf.log(tf.minimum(ratio, FAR)), tf.mul(s, tf.minimum(excess, FAR)));
  return tf.where(isNear, near, far);
}

/** Options of {@link Beta}; they broadcast with each other and with `[features]`. */
export interface BetaOptions {
  /** Size of the event; required only if no array determines it. */
  readonly features?: number;
  /** Power of x, plus 1: `[...batch, features]`, all positive. */
  readonly alpha: TensorLike;
  /** Power of 1 − x, plus 1: `[...batch, features]`, all positive. */
  readonly beta: TensorLike;
}

type Names = "alpha" | "beta";

const family: ContinuousFamily<
  Names,
  "center" | "rest" | "power" | "restPower" | "slope" | "isPeaked" | "logAtCenter"
> = {
  name: "Beta",
  parameters: { alpha: positive(), beta: positive() },
  refuse: ({ alpha: a, beta: b }) =>
    Math.max(a / b, b / a) < 1e6 ? undefined : `alpha and beta within a factor of 1e6, got ${a} and ${b}`,
  ends: () => [0, 1],
  atEnds: ({ alpha: a, beta: b }) => [limit(a, b), limit(b, a)],
  // Large parameters relative to the mode, where the terms of first order cancel.
  constants: ({ alpha: a, beta: b }) => {
    const isPeaked = a > 2 && b > 2;
    const [below, above] = isPeaked ? [a - 1, b - 1] : [a, b];
    // Float32 holds the center itself; what is then left of the terms of first order is the slope.
    const center = Math.fround(below / (below + above));
    const rest = 1 - center;
    const slope = isPeaked ? (a - 1) / center - (b - 1) / rest : 0;
    const logAtCenter = (a - 1) * Math.log(center) + (b - 1) * Math.log(rest) - logBeta({ alpha: a, beta: b });
    return { center, rest, power: a - 1, restPower: b - 1, slope, isPeaked: Number(isPeaked), logAtCenter };
  },
  logDensity: (x, c) => {
    const offset = tf.sub(x, c.center);
    const below = logRatio(tf.div(x, c.center), tf.div(offset, c.center), c.isPeaked);
    const above = logRatio(tf.div(tf.sub(1, x), c.rest), tf.neg(tf.div(offset, c.rest)), c.isPeaked);
    const powers = tf.add(tf.mul(c.power, below), tf.mul(c.restPower, above));
    return tf.add(tf.add(powers, tf.mul(c.slope, offset)), c.logAtCenter);
  },
  slopes: (x, { alpha: a, beta: b }) => ({
    alpha: Math.log(x) - digamma(a) + digamma(a + b),
    beta: Math.log1p(-x) - digamma(b) + digamma(a + b),
  }),
  cdf: (x, { alpha, beta }) => regularizedBeta(alpha, beta, x).lower,
  draw: (random, { alpha, beta }) => {
    const logRatioOfGammas = drawLogGamma(random, beta) - drawLogGamma(random, alpha);
    return 1 / (1 + Math.exp(logRatioOfGammas));
  },
  mean: ({ alpha: a, beta: b }) => a / (a + b),
  variance: ({ alpha: a, beta: b }) => ((a / (a + b)) * (b / (a + b))) / (a + b + 1),
  entropy: ({ alpha: a, beta: b }) =>
    logBeta({ alpha: a, beta: b }) - (a - 1) * digamma(a) - (b - 1) * digamma(b) + (a + b - 2) * digamma(a + b),
};

function logBeta({ alpha, beta }: Values<Names>): number {
  return logGamma(alpha) + logGamma(beta) - logGamma(alpha + beta);
}

/** The log-density at the end where x to the power of `near − 1` decides. */
function limit(near: number, far: number): number {
  if (near === 1) return Math.log(far);
  return near < 1 ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
}

/**
 * Independent Beta distributions, `log p(x) = Σ ((αᵢ − 1) ln xᵢ + (βᵢ − 1) ln(1 − xᵢ) − ln B(αᵢ, βᵢ))` for 0 < x < 1.
 * Event shape `[features]`.
 *
 * At a bound the log-density is its limit. If the limit is infinite, it is the log-density of the next float32 inside.
 *
 * Parameters may be tensors: they are borrowed, and gradients of the log-density flow into the tensors.
 *
 * @throws {DomainError} an alpha or beta is not positive; one is more than a million times the other, so that float32
 * cannot distinguish its draws from a bound.
 * @throws {OptionError} no alpha or no beta.
 * @throws {ShapeError} the options do not broadcast.
 * @example
 * new Beta({ alpha: [2], beta: [3] }).cdf([0.5]); // → [0.6875]
 */
export class Beta extends AbstractContinuous<Names> {
  constructor(options: BetaOptions) {
    super(family, options);
  }
}

/** Codec of {@link Beta}. */
export const betaCodec: Codec<Beta> = univariateCodec("pushforward/beta", Beta, family);
