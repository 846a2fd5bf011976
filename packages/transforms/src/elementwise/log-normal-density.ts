import * as tf from "@tensorflow/tfjs-core";

const HALF_LOG_TWO_PI = 0.5 * Math.log(2 * Math.PI);

/** `log φ(x) = −½x² − ½ log 2π`. */
export function logNormalDensity(x: tf.Tensor): tf.Tensor {
  return tf.sub(tf.mul(tf.square(x), -0.5), HALF_LOG_TWO_PI);
}
