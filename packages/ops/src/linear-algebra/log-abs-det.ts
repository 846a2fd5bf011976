import * as tf from "@tensorflow/tfjs-core";
import { inverse } from "./inverse.ts";
import { transposed } from "./matrix-stack.ts";
import { factorsOf } from "./solve.ts";

/**
 * `log|det A|` of each matrix, computed in float64 on the host; `[...batch, n, n]` → `[...batch]`.
 *
 * @throws {DomainError} a matrix is singular. Entries that are not finite give NaN.
 * @example
 * logAbsDet(tf.tensor2d([[2, 0], [0, -4]])); // → Math.log(8)
 */
export function logAbsDet(a: tf.Tensor): tf.Tensor {
  return tf.tidy(() => {
    const op = tf.customGrad((input, save) => {
      const matrix = input as tf.Tensor;
      const values = factorsOf(matrix, "logAbsDet").map(({ packed, size }) => {
        let sum = 0;
        for (let i = 0; i < size; i++) sum += Math.log(Math.abs(packed[i * (size + 1)] as number));
        return sum;
      });
      (save as tf.GradSaveFunc)([matrix]);
      return {
        value: tf.tensor(values, matrix.shape.slice(0, -2), "float32"),
        gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) =>
          tf.mul(tf.reshape(dy, [...dy.shape, 1, 1]), transposed(inverse(saved[0] as tf.Tensor))),
      };
    });
    return op(a);
  });
}
