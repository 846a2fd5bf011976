import { stopGradient } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";

/** −∞ where a distance from an end is negative. NaN stays what it is. */
export function outside(distance: tf.Tensor, logDet: tf.Tensor): tf.Tensor {
  const isOutside = tf.less(stopGradient(distance), 0);
  return tf.where(isOutside, tf.fill(logDet.shape, Number.NEGATIVE_INFINITY), logDet);
}
