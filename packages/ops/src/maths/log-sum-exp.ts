import type { TensorLike } from "@pushforward/core";
import { asTensor } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";
import { stopGradient } from "./stop-gradient.ts";

/**
 * `log Σ eˣ` over one or more axes (by default all), without overflow. −∞ counts as nothing: a row of −∞ gives −∞ and
 * the gradient 0.
 *
 * @example
 * logSumExp([0, Number.NEGATIVE_INFINITY]); // → 0
 */
export function logSumExp(x: TensorLike, axis?: number | number[], keepDims = false): tf.Tensor {
  return tf.tidy(() => {
    const input = asTensor(x, "logSumExp");
    const peak = stopGradient(tf.max(input, axis, true));
    const shift = tf.where(tf.isFinite(peak), peak, tf.zerosLike(peak));
    const sum = tf.sum(tf.exp(tf.sub(input, shift)), axis, true);
    const empty = tf.equal(sum, 0);
    const log = tf.log(tf.where(empty, tf.onesLike(sum), sum));
    const result = tf.add(tf.where(empty, tf.fill(sum.shape, Number.NEGATIVE_INFINITY), log), shift);
    if (keepDims) return result;
    const axes = tf.util.parseAxisParam(axis ?? [...input.shape.keys()], input.shape);
    return tf.reshape(
      result,
      input.shape.filter((_, i) => !axes.includes(i)),
    );
  });
}
