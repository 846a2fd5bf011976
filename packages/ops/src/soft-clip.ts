import * as tf from "@tensorflow/tfjs-core";

/** `x / (1 + |x| / limit)`: x near 0, and never beyond ±limit. NaN stays NaN. */
export function softClip(x: tf.Tensor, limit: number): tf.Tensor {
  return tf.tidy(() => tf.div(x, tf.add(tf.div(tf.abs(x), limit), 1)));
}
