import type { Codec, Parameter } from "@pushforward/core";
import {
  AbstractElementwise,
  checkOptions,
  classCodec,
  field,
  type MapResult,
  parameter,
} from "@pushforward/core/extend";
import { clip, expm1, log1mexp, log1p } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { checkFeatures } from "../check-features.ts";
import { outside } from "../positive-scale.ts";

/** The smallest number that is not subnormal; for 0. */
export const SMALLEST: number = 2 ** -126;
/** Half a unit in the last place below 1, the distance from 1 used for 1. */
const END = 2 ** -25;

/**
 * `log p` and `log(1 − p)` of numbers of [0, 1], both finite: 0 is taken for 2⁻¹²⁶, 1 for half a unit in the last place
 * below it, numbers outside for the nearer end. NaN stays NaN.
 */
export function logProbabilities(p: tf.Tensor): [logP: tf.Tensor, logRest: tf.Tensor] {
  return [tf.log(tf.maximum(p, SMALLEST)), tf.log(tf.maximum(tf.sub(1, p), END))];
}

/** −∞ where p is not from [0, 1]. */
export function outsideUnit(p: tf.Tensor, logDet: tf.Tensor): tf.Tensor {
  return outside(tf.minimum(p, tf.sub(1, p)), logDet);
}

/** The largest float32 below 1. */
const INSIDE = 1 - 2 ** -24;

/** Options of {@link Kumaraswamy}. */
export interface KumaraswamyOptions {
  readonly features: number;
}

/**
 * The distribution function of Kumaraswamy, (0, 1) → (0, 1), with learnable a and b for each feature:
 * `y = 1 − (1 − xᵃ)ᵇ`, `log|det| = Σ log a + log b + (a − 1) log x + (b − 1) log(1 − xᵃ)`. The quantile function is
 * `invert(new Kumaraswamy(…))`.
 *
 * The parameters are log a (`logA`) and log b (`logB`); zeros produce the identity. 0 and 1 are treated as numbers just
 * inside; the log-det outside of [0, 1] is −∞.
 *
 * Shapes: x and y `[...batch, features]`, log-det `[...batch]`.
 *
 * @throws {OptionError} `features` is not an integer of at least 1.
 * @throws {ShapeError} a value with a different event shape.
 * @see Kumaraswamy 1980, A generalized probability density function for double-bounded random processes,
 * https://doi.org/10.1016/0022-1694(80)90036-0
 * @example
 * const bend = chain([new Sigmoid(), new Kumaraswamy({ features: 2 }), invert(new Sigmoid())]);
 */
export class Kumaraswamy extends AbstractElementwise {
  readonly features: number;
  private readonly logA: Parameter;
  private readonly logB: Parameter;

  constructor(options: KumaraswamyOptions) {
    checkOptions("Kumaraswamy", options, { features: true });
    const { features } = options;
    super("Kumaraswamy", [checkFeatures("Kumaraswamy", features)]);
    this.features = features;
    this.logA = parameter([features]);
    this.logB = parameter([features]);
  }

  protected forwardMap(x: tf.Tensor): MapResult {
    const logX = logOf(x);
    const logRest = log1mexp(tf.neg(tf.mul(tf.exp(this.logA.variable), logX)));
    const y = tf.neg(expm1(tf.mul(tf.exp(this.logB.variable), logRest)));
    return [y, outsideUnit(x, this.logSlope(logX, logRest))];
  }

  protected inverseMap(y: tf.Tensor): MapResult {
    const log = log1p(tf.neg(clip(y, SMALLEST, INSIDE)));
    const logRest = tf.neg(tf.maximum(tf.neg(tf.mul(tf.exp(tf.neg(this.logB.variable)), log)), SMALLEST));
    const logX = tf.mul(tf.exp(tf.neg(this.logA.variable)), log1mexp(tf.neg(logRest)));
    return [tf.exp(logX), outsideUnit(y, tf.neg(this.logSlope(logX, logRest)))];
  }

  /** The log-derivative of y for x, from log x and log(1 − xᵃ). */
  private logSlope(logX: tf.Tensor, logRest: tf.Tensor): tf.Tensor {
    const [logA, logB] = [this.logA.variable, this.logB.variable];
    return tf.add(tf.add(logA, logB), tf.add(tf.mul(expm1(logA), logX), tf.mul(expm1(logB), logRest)));
  }
}

/** Codec of {@link Kumaraswamy}. */
export const kumaraswamyCodec: Codec<Kumaraswamy> = classCodec("pushforward/kumaraswamy", Kumaraswamy, {
  features: field.count(),
});

/** log x, below 0 even for x = 1. */
function logOf(x: tf.Tensor): tf.Tensor {
  return tf.minimum(logProbabilities(x)[0], -(2 ** -25));
}
