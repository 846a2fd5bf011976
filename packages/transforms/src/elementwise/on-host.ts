import { currentTrace } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";

/**
 * A function of single numbers computed in float64, and its derivative from x and its value y.
 *
 * @param traced the same function by tensor operations, for where these are written down.
 */
export function onHost(
  x: tf.Tensor,
  f: (x: number) => number,
  slope: (x: tf.Tensor, y: tf.Tensor) => tf.Tensor,
  traced: (x: tf.Tensor) => tf.Tensor,
): tf.Tensor {
  if (currentTrace() !== undefined) return traced(x);
  return tf.tidy(() => {
    const op = tf.customGrad((input, save) => {
      const from = input as tf.Tensor;
      const value = tf.tensor(Float32Array.from(from.dataSync(), f), from.shape);
      (save as tf.GradSaveFunc)([from, value]);
      return {
        value,
        gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
          const [at, y] = saved as [tf.Tensor, tf.Tensor];
          return tf.mul(dy, slope(at, y));
        },
      };
    });
    return op(x);
  });
}
