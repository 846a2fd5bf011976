import * as tf from "@tensorflow/tfjs-core";

/** `size` entries of the last axis, from one on. */
export function columns(table: tf.Tensor, from: number, size: number): tf.Tensor {
  const batch = table.shape.slice(0, -1);
  return tf.slice(table, [...batch.map(() => 0), from], [...batch, size]);
}
