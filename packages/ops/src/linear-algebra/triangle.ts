import * as tf from "@tensorflow/tfjs-core";

/** Options of {@link triangle}. */
export interface TriangleOptions {
  readonly lower: boolean;
  /** Leaves the diagonal out. */
  readonly strict?: boolean;
}

/**
 * The lower or upper triangle of each matrix `[...batch, n, n]`, zeros elsewhere; differentiable. What stands in the
 * other triangle does not count, not even NaN.
 *
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
