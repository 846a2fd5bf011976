import * as tf from "@tensorflow/tfjs-core";

/**
 * Sum over the last `rank` axes, for instance the axes of an event; rank 0 gives the values of x.
 *
 * @example
 * sumRightmost(tf.ones([5, 2, 3]), 2); // → [6, 6, 6, 6, 6]
 */
export function sumRightmost(x: tf.Tensor, rank: number): tf.Tensor {
  return tf.tidy(() => {
    if (rank === 0) return tf.clone(x);
    const axes = Array.from({ length: rank }, (_, i) => x.rank - rank + i);
    return tf.sum(x, axes);
  });
}
