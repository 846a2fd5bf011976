import * as tf from "@tensorflow/tfjs-core";
import { requireSquare } from "./matrix-stack.ts";

/**
 * `log|det T| = Σ log|Tᵢᵢ|` of triangular matrices; `[...batch, n, n]` → `[...batch]`.
 *
 * @throws {ShapeError} the matrices are not square.
 * @example
 * logAbsDetTriangular(tf.tensor2d([[2, 0], [7, -4]])); // → Math.log(8)
 */
export function logAbsDetTriangular(matrix: tf.Tensor): tf.Tensor {
  requireSquare(matrix, "logAbsDetTriangular");
  return tf.tidy(() => tf.sum(tf.log(tf.abs(diagonal(matrix))), -1));
}

// A strided view: flattened and padded by n entries, the diagonal is the first column of an [n, n + 1] matrix.
function diagonal(matrix: tf.Tensor): tf.Tensor {
  const n = matrix.shape[matrix.rank - 1] as number;
  const flat = tf.reshape(matrix, [-1, n * n]);
  const rows = tf.reshape(
    tf.pad(flat, [
      [0, 0],
      [0, n],
    ]),
    [-1, n, n + 1],
  );
  return tf.reshape(tf.slice(rows, [0, 0, 0], [-1, -1, 1]), [...matrix.shape.slice(0, -1)]);
}
