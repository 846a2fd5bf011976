import { DomainError } from "@pushforward/core";
import * as tf from "@tensorflow/tfjs-core";
import { broadcastIndices } from "../tfjs/broadcast-indices.ts";
import { fail } from "../tfjs/fail.ts";
import { sumToShape } from "../tfjs/sum-to-shape.ts";
import { type LuFactors, luFactors, solveWithLu } from "./lu-factors.ts";
import { matrixStack, requireSquare, systemBatch, transposed } from "./matrix-stack.ts";

/**
 * X with `A·X = B`, computed in float64 on the host.
 *
 * @param a `[...batch, n, n]`.
 * @param b `[...batch, n, m]`; the batch axes broadcast.
 * @throws {DomainError} a matrix is singular. Entries that are not finite give NaN.
 * @throws {ShapeError} the shapes do not fit.
 * @example
 * solve(tf.tensor2d([[2, 0], [0, 4]]), tf.tensor2d([[2], [2]])); // → [[1], [0.5]]
 */
export function solve(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  const batch = systemBatch(a, b, "solve");
  return tf.tidy(() => {
    const op = tf.customGrad((matrix, right, save) => {
      const [x0, b0] = [matrix as tf.Tensor, right as tf.Tensor];
      const factors = factorsOf(x0, "solve");
      const stack = matrixStack(b0);
      const size = stack.rows * stack.columns;
      const ofA = broadcastIndices(x0.shape.slice(0, -2), batch);
      const ofB = broadcastIndices(stack.batch, batch);
      const values = new Float32Array(ofA.length * size);
      for (let i = 0; i < ofA.length; i++) {
        values.set(
          solveWithLu(factors[ofA[i] as number] as LuFactors, stack.at(ofB[i] as number), stack.columns),
          i * size,
        );
      }
      const value = tf.tensor(values, [...batch, stack.rows, stack.columns]);
      (save as tf.GradSaveFunc)([x0, value]);
      return {
        value,
        gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
          const [savedA, x] = saved as [tf.Tensor, tf.Tensor];
          const db = solve(transposed(savedA), dy);
          const da = tf.neg(tf.matMul(db, transposed(x)));
          return [sumToShape(da, savedA.shape), sumToShape(db, b.shape)];
        },
      };
    });
    return op(a, b);
  });
}

/** LU factors of each matrix of a tensor; throws {@link DomainError} that names the singular one. */
export function factorsOf(a: tf.Tensor, where: string): LuFactors[] {
  requireSquare(a, where);
  const stack = matrixStack(a);
  return Array.from({ length: stack.count }, (_, i) => {
    const factors = luFactors(stack.at(i), stack.rows);
    if (factors === undefined) {
      const which = stack.count === 1 ? "" : ` (index ${i} of ${stack.count})`;
      fail(new DomainError(`${where}: expected an invertible matrix, got a singular one${which}.`));
    }
    return factors;
  });
}
