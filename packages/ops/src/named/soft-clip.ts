import * as tf from "@tensorflow/tfjs-core";

/** `x / (1 + |x| / limit)`: x near 0, and never beyond ±limit, also for x near the largest float32. NaN stays NaN. */
export function softClip(x: tf.Tensor, limit: number): tf.Tensor {
  return tf.tidy(() => tf.mul(x, tf.div(limit, tf.add(tf.abs(x), limit))));
}
