import { clip } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";

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
