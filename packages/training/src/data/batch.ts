import type { Key } from "@pushforward/core";
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

/**
 * The rows of one epoch, dealt into `⌈n / batchSize⌉` batches whose sizes differ by at most one. So every row counts
 * once in each epoch, and no step is taken on a small, noisy remainder.
 */
export interface EpochOrder {
  batch(index: number): Int32Array;
}

/** Number of steps of an epoch. */
export function stepsPerEpoch(rows: number, batchSize: number): number {
  return Math.ceil(rows / batchSize);
}

/**
 * The order of an epoch: a function of its key alone, so that nothing of it needs saving. Without a key the rows keep their
 * own.
 */
export function epochOrder(table: Table, batchSize: number, key: Key | undefined): EpochOrder {
  const { rows } = table;
  const order = key === undefined ? rows : key.permutation(rows.length).map((i) => rows[i] as number);
  const count = stepsPerEpoch(rows.length, batchSize);
  const edge = (index: number): number => Math.floor((index * rows.length) / count);
  return { batch: (index) => order.subarray(edge(index), edge(index + 1)) };
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
