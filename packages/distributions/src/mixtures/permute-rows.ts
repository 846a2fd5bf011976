import * as tf from "@tensorflow/tfjs-core";

/**
 * Rows in another order: row i is that at `sources[i]`; `targets` is the inverse of that order. A
 * permutation has a gradient that is again a gather; tfjs would scatter, for which not every backend has a kernel.
 */
export function permuteRows(rows: tf.Tensor, sources: Int32Array, targets: Int32Array): tf.Tensor {
  const permute = tf.customGrad((x) => ({
    value: tf.gather(x as tf.Tensor, tf.tensor1d(sources, "int32")),
    gradFunc: (dy: tf.Tensor) => tf.gather(dy, tf.tensor1d(targets, "int32")),
  }));
  return permute(rows);
}
