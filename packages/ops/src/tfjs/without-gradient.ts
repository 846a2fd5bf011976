import * as tf from "@tensorflow/tfjs-core";
import { stopGradient } from "../maths/stop-gradient.ts";

/** What is computed from x as a constant: nothing that is computed within is recorded on the tape. */
export function withoutGradient(x: tf.Tensor, compute: (x: tf.Tensor) => tf.Tensor): tf.Tensor {
  const run = tf.customGrad((value) => ({
    value: compute(value as tf.Tensor),
    gradFunc: (dy: tf.Tensor) => tf.zerosLike(dy),
  }));
  return run(stopGradient(x));
}
