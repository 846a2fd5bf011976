import { DomainError, type Shape } from "@pushforward/core";
import { currentTrace } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";
import { broadcastIndices, sumToShape } from "../tfjs/broadcast-indices.ts";
import { fail } from "../tfjs/kernel-call.ts";
import { substitute } from "./lu.ts";
import { matMul, matrixStack, requireSquare, systemBatch, transposed } from "./matrix-stack.ts";

/** Options of {@link triangle}. */
export interface TriangleOptions {
  readonly lower: boolean;
  /** Leaves the diagonal out. */
  readonly strict?: boolean;
}

/**
 * The lower or upper triangle of each matrix `[...batch, n, n]`, zeros elsewhere; differentiable. Entries of the
 * opposite triangle are ignored, even NaN.
 * @example
 * triangle(tf.tensor2d([[1, 2], [3, 4]]), { lower: true }); // → [[1, 0], [3, 4]]
 */
export function triangle(matrix: tf.Tensor, { lower, strict = false }: TriangleOptions): tf.Tensor {
  return tf.tidy(() => {
    const [rows, columns] = matrix.shape.slice(-2) as [number, number];
    const mask = Uint8Array.from({ length: rows * columns }, (_, at) => {
      const below = Math.floor(at / columns) - (at % columns);
      return (lower ? below > 0 : below < 0) || (below === 0 && !strict) ? 1 : 0;
    });
    const shape = [...matrix.shape.slice(0, -2).map(() => 1), rows, columns];
    const inside = tf.broadcastTo(tf.tensor(mask, shape, "bool"), matrix.shape);
    return tf.where(inside, matrix, tf.zerosLike(matrix));
  });
}

/** Which triangle of the matrix counts. */
export interface TriangularSolveOptions {
  readonly lower: boolean;
}

/**
 * X with `T·X = B` for triangular T, by substitution in float64 on the host. The other triangle of T is not read and
 * gets no gradient.
 *
 * @param matrix T, `[...batch, n, n]`.
 * @param b B, `[...batch, n, m]`; the batch axes broadcast.
 * @throws {DomainError} a diagonal entry is 0. Entries that are not finite give NaN.
 * @throws {ShapeError} the shapes do not fit.
 * @example
 * triangularSolve(tf.tensor2d([[2, 0], [1, 4]]), tf.tensor2d([[2], [5]]), { lower: true }); // → [[1], [1]]
 */
export function triangularSolve(matrix: tf.Tensor, b: tf.Tensor, options: TriangularSolveOptions): tf.Tensor {
  const batch = systemBatch(matrix, b, "triangularSolve");
  if (currentTrace() === undefined) return solved(matrix, b, batch, options);
  // Where operations are written down, a right-hand side is not read: the inverse of a matrix of parameters is a constant.
  const n = matrix.shape[matrix.rank - 1] as number;
  return tf.tidy(() => matMul(solved(matrix, tf.eye(n), matrix.shape.slice(0, -2), options), b));
}

function solved(matrix: tf.Tensor, b: tf.Tensor, batch: Shape, { lower }: TriangularSolveOptions): tf.Tensor {
  return tf.tidy(() => {
    const op = tf.customGrad((left, right, save) => {
      const triangles = matrixStack(left as tf.Tensor);
      const stack = matrixStack(right as tf.Tensor);
      const size = stack.rows * stack.columns;
      const ofT = broadcastIndices(triangles.batch, batch);
      const ofB = broadcastIndices(stack.batch, batch);
      const factors = Array.from({ length: triangles.count }, (_, i) => triangles.at(i));
      for (const factor of factors) requireDiagonal(factor, stack.rows);
      const values = new Float32Array(ofT.length * size);
      for (let i = 0; i < ofT.length; i++) {
        const x = stack.at(ofB[i] as number);
        const factor = factors[ofT[i] as number] as Float64Array;
        substitute(factor, x, stack.rows, stack.columns, { lower, unitDiagonal: false });
        values.set(x, i * size);
      }
      const value = tf.tensor(values, [...batch, stack.rows, stack.columns]);
      (save as tf.GradSaveFunc)([left as tf.Tensor, value]);
      return {
        value,
        gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
          const [t, x] = saved as [tf.Tensor, tf.Tensor];
          const db = triangularSolve(transposed(t), dy, { lower: !lower });
          const dt = tf.neg(triangle(tf.matMul(db, transposed(x)), { lower }));
          return [sumToShape(dt, t.shape), sumToShape(db, b.shape)];
        },
      };
    });
    return op(matrix, b);
  });
}

function requireDiagonal(matrix: Float64Array, n: number): void {
  for (let i = 0; i < n; i++) {
    if (matrix[i * (n + 1)] === 0) {
      fail(new DomainError(`triangularSolve: expected a diagonal without zeros, got 0 at [${i}, ${i}].`));
    }
  }
}

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
