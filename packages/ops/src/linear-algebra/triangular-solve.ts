import { DomainError, type Shape } from "@pushforward/core";
import { currentTrace } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";
import { broadcastIndices } from "../tfjs/broadcast-indices.ts";
import { fail } from "../tfjs/fail.ts";
import { sumToShape } from "../tfjs/sum-to-shape.ts";
import { substitute } from "./lu-factors.ts";
import { matMul } from "./mat-mul.ts";
import { matrixStack, systemBatch, transposed } from "./matrix-stack.ts";
import { triangle } from "./triangle.ts";

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
