import * as tf from "@tensorflow/tfjs-core";

const HALF_LOG_TWO_PI = 0.5 * Math.log(2 * Math.PI);

/** log N(x; mean, e^(2 logScale)), elementwise. */
export function normalLogProb(x: tf.Tensor, mean: tf.Tensor, logScale: tf.Tensor): tf.Tensor {
  const z = tf.mul(tf.sub(x, mean), tf.exp(tf.neg(logScale)));
  return tf.sub(tf.sub(tf.mul(tf.square(z), -0.5), logScale), HALF_LOG_TWO_PI);
}
