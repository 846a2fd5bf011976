import type * as tf from "@tensorflow/tfjs-core";

/** The values of a tensor, copied: the cpu backend hands out its own array. */
export function hostCopy(tensor: tf.Tensor): Float32Array {
  return Float32Array.from(tensor.dataSync());
}
