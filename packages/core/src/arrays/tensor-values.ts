import * as tf from "@tensorflow/tfjs-core";

/**
 * The numbers of a tensor that a function computes; no tensor stays. `tf.tidy` alone would look for tensors among the numbers
 * when it returns them, which costs more than many a computation.
 *
 * @example
 * [...tensorValues(() => tf.square(tf.tensor1d([1, 2, 3])))]; // → [1, 4, 9]
 */
export function tensorValues(compute: () => tf.Tensor): Float32Array {
  const tensor = tf.tidy(compute);
  try {
    return tensor.dataSync() as Float32Array;
  } finally {
    tensor.dispose();
  }
}
