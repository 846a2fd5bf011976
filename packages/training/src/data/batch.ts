import * as tf from "@tensorflow/tfjs-core";
import { gatherRows, type Table } from "./training-data.ts";

/** The rows of one optimizer step. The tensors belong to the training loop. */
export interface Batch {
  /** `[size, ...event]`. */
  readonly x: tf.Tensor;
  /** `[size, ...context]`, when the data have one. */
  readonly context?: tf.Tensor;
  /** `[size]`, when the data have weights, scaled to mean 1 over all rows of the data. */
  readonly weights?: tf.Tensor;
  readonly size: number;
}

/** Uploads some rows. Call it inside `tf.tidy`. */
export function makeBatch(table: Table, rows: Int32Array): Batch {
  const upload = (array: Table["x"]): tf.Tensor =>
    tf.tensor(gatherRows(array, rows), [rows.length, ...array.shape.slice(1)], "float32");
  const { context, weights } = table;
  return {
    x: upload(table.x),
    ...(context === undefined ? {} : { context: upload(context) }),
    ...(weights === undefined
      ? {}
      : { weights: tf.tensor1d(Float32Array.from(rows, (row) => weights[row] as number)) }),
    size: rows.length,
  };
}
