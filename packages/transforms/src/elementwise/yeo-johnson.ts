import type { Codec, Parameter } from "@pushforward/core";
import {
  AbstractElementwise,
  checkOptions,
  classCodec,
  field,
  type MapResult,
  parameter,
} from "@pushforward/core/extend";
import { expm1, log1p, stopGradient } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { checkFeatures } from "../check-features.ts";
import { outside } from "../outside.ts";
import { SMALLEST } from "../unit-interval.ts";

/** Options of {@link YeoJohnson}. */
export interface YeoJohnsonOptions {
  readonly features: number;
}

/** Below, `(eᵗ − 1)/t` and `log(1 + t)/t` are summed as series. */
const NEAR = 0.03;

/**
 * The power transform of Yeo and Johnson with a learnable λ for each feature, which makes skewed columns symmetric:
 *
 * - `x ≥ 0`: `y = ((1 + x)^λ − 1)/λ`, for λ = 0 `log(1 + x)`;
 * - `x < 0`: `y = −((1 − x)^(2−λ) − 1)/(2 − λ)`, for λ = 2 `−log(1 − x)`;
 *
 * `log|det| = Σ sign(x) (λ − 1) log(1 + |x|)`. It is accurate near λ = 0 and λ = 2 too. The parameter is λ − 1
 * (`power`); zeros give the identity.
 *
 * From ℝ onto ℝ for 0 ≤ λ ≤ 2. With λ < 0 all values are below −1/λ, with λ > 2 above −1/(λ − 2); beyond, the log-det of
 * the inverse is −∞. A flow normalizes its data with it as `invert(new YeoJohnson(…))`, which has no such end.
 *
 * Shapes: x and y `[...batch, features]`, log-det `[...batch]`.
 *
 * @throws {OptionError} `features` is not an integer of at least 1.
 * @throws {ShapeError} a value with another event shape.
 * @see Yeo and Johnson 2000, A new family of power transformations, https://doi.org/10.1093/biomet/87.4.954
 * @example
 * const normalize = invert(new YeoJohnson({ features: 2 }));
 */
export class YeoJohnson extends AbstractElementwise {
  readonly features: number;
  private readonly power: Parameter;

  constructor(options: YeoJohnsonOptions) {
    checkOptions("YeoJohnson", options, { features: true });
    const { features } = options;
    super("YeoJohnson", [checkFeatures("YeoJohnson", features)]);
    this.features = features;
    this.power = parameter([features]);
  }

  // Both sides are one formula of |x|, with the exponent μ = λ above 0 and 2 − λ below.
  protected forwardMap(x: tf.Tensor): MapResult {
    const sign = signOf(x);
    const bend = tf.mul(sign, this.power.variable);
    const log = log1p(tf.mul(sign, x));
    const value = tf.mul(log, expm1Ratio(tf.mul(tf.add(bend, 1), log)));
    return [tf.mul(sign, value), tf.mul(bend, log)];
  }

  protected inverseMap(y: tf.Tensor): MapResult {
    const sign = signOf(y);
    const bend = tf.mul(sign, this.power.variable);
    const magnitude = tf.mul(sign, y);
    const product = tf.mul(tf.add(bend, 1), magnitude);
    const log = tf.mul(magnitude, log1pRatio(product));
    return [tf.mul(sign, expm1(log)), outside(tf.add(product, 1), tf.neg(tf.mul(bend, log)))];
  }
}

/** Codec of {@link YeoJohnson}. */
export const yeoJohnsonCodec: Codec<YeoJohnson> = classCodec("pushforward/yeo-johnson", YeoJohnson, {
  features: field.count(),
});

/** 1, or −1 below 0, as a constant. */
function signOf(x: tf.Tensor): tf.Tensor {
  return tf.sub(1, tf.mul(2, tf.cast(tf.less(stopGradient(x), 0), "float32")));
}

/** `(eᵗ − 1)/t`. */
function expm1Ratio(t: tf.Tensor): tf.Tensor {
  return nearOrFar(t, [1, 1 / 2, 1 / 6, 1 / 24, 1 / 120], (far) => tf.div(expm1(far), far));
}

/** `log(1 + t)/t`; t of −1 and below is taken for a number just above. */
function log1pRatio(t: tf.Tensor): tf.Tensor {
  const log = (far: tf.Tensor): tf.Tensor => tf.log(tf.maximum(tf.add(1, far), SMALLEST));
  return nearOrFar(t, [1, -1 / 2, 1 / 3, -1 / 4, 1 / 5], (far) => tf.div(log(far), far));
}

/** A series of t near 0, a formula elsewhere; each sees only arguments of its own. */
function nearOrFar(t: tf.Tensor, series: readonly number[], formula: (far: tf.Tensor) => tf.Tensor): tf.Tensor {
  const isNear = tf.less(tf.abs(stopGradient(t)), NEAR);
  const near = tf.where(isNear, t, tf.zerosLike(t));
  const sum = series.reduceRight<tf.Tensor>((rest, c) => tf.add(tf.mul(rest, near), c), tf.scalar(0));
  return tf.where(isNear, sum, formula(tf.where(isNear, tf.onesLike(t), t)));
}
