import * as tf from "@tensorflow/tfjs-core";

/** All rows, again and again: `[count, width]` → `[copies · count, width]`. */
export function repeatRows(rows: tf.Tensor, copies: number): tf.Tensor {
  const [count, width] = rows.shape as [number, number];
  return tf.reshape(tf.broadcastTo(tf.expandDims(rows, 0), [copies, count, width]), [copies * count, width]);
}
