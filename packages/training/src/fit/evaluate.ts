import type { Key, Module } from "@pushforward/core";
import { tensorValues } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";
import { makeBatch } from "../data/batch.ts";
import type { Table } from "../data/training-data.ts";
import { checkScalar } from "../loss/gradients.ts";
import type { Loss, RowLogProb } from "../loss/loss.ts";

/** Rows on the device at once: bounds the memory of an evaluation whatever the size of the data. */
const CHUNK = 1024;

/**
 * Mean negative log-density of all rows, summed in float64 on the host: device sums in float32 lose digits at scale.
 * Yields after each chunk, so that the caller can let other work run or stop.
 */
export function* evaluateLogProb(logProb: RowLogProb, table: Table): Generator<void, number, void> {
  let sum = 0;
  for (const rows of chunks(table)) {
    const values = tensorValues(() => logProb(makeBatch(table, rows)));
    for (const [i, row] of rows.entries()) sum += (table.weights?.[row] ?? 1) * (values[i] as number);
    yield;
  }
  return -sum / table.rows.length;
}

/** Mean of a loss over all rows. The same key in each call: differences between epochs are not noise. */
export function* evaluateLoss<M extends Module>(
  loss: Loss<M>,
  model: M,
  table: Table,
  key: Key,
): Generator<void, number, void> {
  let sum = 0;
  for (const [i, rows] of chunks(table).entries()) {
    const value = tf.tidy(() => {
      const scalar = loss(model, makeBatch(table, rows), key.fold(i));
      checkScalar(scalar);
      return scalar.dataSync()[0] as number;
    });
    sum += value * rows.length;
    yield;
  }
  return sum / table.rows.length;
}

function chunks({ rows }: Table): Int32Array[] {
  const count = Math.ceil(rows.length / CHUNK);
  return Array.from({ length: count }, (_, i) => rows.subarray(i * CHUNK, (i + 1) * CHUNK));
}
