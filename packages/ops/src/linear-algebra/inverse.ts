import * as tf from "@tensorflow/tfjs-core";
import { solveWithLu } from "./lu-factors.ts";
import { transposed } from "./matrix-stack.ts";
import { factorsOf } from "./solve.ts";

/**
 * A⁻¹ of each matrix, computed in float64 on the host; `[...batch, n, n]` → `[...batch, n, n]`.
 *
 * @throws {DomainError} a matrix is singular. Entries that are not finite give NaN.
 * @example
 * inverse(tf.tensor2d([[2, 0], [0, 4]])); // → [[0.5, 0], [0, 0.25]]
 */
export function inverse(a: tf.Tensor): tf.Tensor {
  return tf.tidy(() => {
    const op = tf.customGrad((input, save) => {
      const factors = factorsOf(input as tf.Tensor, "inverse");
      const n = a.shape[a.rank - 1] as number;
      const identity = Float64Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? 1 : 0));
      const values = new Float32Array(a.size);
      for (const [i, f] of factors.entries()) values.set(solveWithLu(f, identity, n), i * n * n);
      const value = tf.tensor(values, a.shape);
      (save as tf.GradSaveFunc)([value]);
      return {
        value,
        gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
          const inverseTransposed = transposed(saved[0] as tf.Tensor);
          return tf.neg(tf.matMul(tf.matMul(inverseTransposed, dy), inverseTransposed));
        },
      };
    });
    return op(a);
  });
}
