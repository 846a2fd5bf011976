import * as tf from "@tensorflow/tfjs-core";

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
