import * as tf from "@tensorflow/tfjs-core";
import { transposed } from "./matrix-stack.ts";
import { triangularSolve } from "./triangular-solve.ts";

/**
 * X with `L·Lᵀ·X = B` for a lower triangular factor L.
 *
 * @param factor L, `[...batch, n, n]`.
 * @param b B, `[...batch, n, m]`; the batch axes broadcast.
 * @throws {DomainError} a diagonal entry is 0.
 * @throws {ShapeError} the shapes do not fit.
 * @example
 * const factor = cholesky(tf.tensor2d([[4, 2], [2, 5]]));
 * choleskySolve(factor, tf.tensor2d([[4], [2]])); // → [[1], [0]]
 */
export function choleskySolve(factor: tf.Tensor, b: tf.Tensor): tf.Tensor {
  return tf.tidy(() =>
    triangularSolve(transposed(factor), triangularSolve(factor, b, { lower: true }), { lower: false }),
  );
}
