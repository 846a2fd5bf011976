import { softplus } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";

/** `softplus(x + log(e − 1)) − 1`: from all numbers to those above −1, and 0 at 0. */
export function aboveMinusOne(x: tf.Tensor): tf.Tensor {
  return tf.sub(softplus(tf.add(x, Math.log(Math.expm1(1)))), 1);
}
