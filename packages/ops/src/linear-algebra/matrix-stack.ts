import { type Shape, ShapeError } from "@pushforward/core";
import { broadcastShapes, formatShape, sizeOf } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";
import { fail } from "../tfjs/kernel-call.ts";

/** Matrices `[...batch, rows, columns]` of a tensor, in float64 on the host. */
interface MatrixStack {
  readonly batch: Shape;
  readonly rows: number;
  readonly columns: number;
  /** Number of matrices. */
  readonly count: number;
  /** Returns a copy of a matrix, row-major. */
  at(index: number): Float64Array;
}

/** Reads a tensor of matrices. */
export function matrixStack(tensor: tf.Tensor): MatrixStack {
  const [rows, columns] = tensor.shape.slice(-2) as [number, number];
  const batch = tensor.shape.slice(0, -2);
  const values = tensor.dataSync();
  const size = rows * columns;
  return {
    batch,
    rows,
    columns,
    count: sizeOf(batch),
    at: (index) => Float64Array.from(values.subarray(index * size, (index + 1) * size)),
  };
}

/** Refuses a tensor that does not end in two equal axes. */
export function requireSquare(tensor: tf.Tensor, where: string): void {
  if (tensor.rank < 2 || tensor.shape[tensor.rank - 1] !== tensor.shape[tensor.rank - 2]) {
    fail(new ShapeError(`${where}: expected square matrices [..., n, n], got shape ${formatShape(tensor.shape)}.`));
  }
}

/** The batch shape of a system of equations A·X = B, or a {@link ShapeError}. */
export function systemBatch(a: tf.Tensor, b: tf.Tensor, where: string): Shape {
  requireSquare(a, where);
  const batch = broadcastShapes(a.shape.slice(0, -2), b.shape.slice(0, -2));
  if (b.rank < 2 || b.shape[b.rank - 2] !== a.shape[a.rank - 1] || batch === undefined) {
    fail(
      new ShapeError(
        `${where}: expected a right-hand side [..., ${a.shape[a.rank - 1]}, m] for matrices ` +
          `${formatShape(a.shape)}, got ${formatShape(b.shape)}.`,
      ),
    );
  }
  return batch;
}

/** Swaps the last two axes. */
export function transposed(tensor: tf.Tensor): tf.Tensor {
  const leading = Array.from({ length: tensor.rank - 2 }, (_, i) => i);
  return tf.transpose(tensor, [...leading, tensor.rank - 1, tensor.rank - 2]);
}

/**
 * Matrix product over the last two axes, `[...batch, n, k] × [...batch, k, m]` → `[...batch, n, m]`; the batch axes
 * broadcast. With a single matrix on the right, the left side may have any rank from 1 on, `[...batch, k]`.
 *
 * @example
 * matMul(tf.ones([5, 4, 2]), tf.ones([2, 3])); // → shape [5, 4, 3]
 */
export function matMul(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  return tf.tidy(() => {
    if (b.rank === 2 && a.rank !== 2) {
      const [inner, columns] = b.shape as [number, number];
      const product = tf.matMul(tf.reshape(a, [-1, inner]) as tf.Tensor2D, b as tf.Tensor2D);
      return tf.reshape(product, [...a.shape.slice(0, -1), columns]);
    }
    return tf.matMul(a, b);
  });
}
