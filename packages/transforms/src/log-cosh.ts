import { softplus } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";

/** `log cosh z = softplus(2z) − z − log 2`, which does not overflow. */
export function logCosh(z: tf.Tensor): tf.Tensor {
  return tf.sub(tf.sub(softplus(tf.mul(z, 2)), z), Math.LN2);
}
