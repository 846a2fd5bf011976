import { tensorValues } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";

/** Numbers of the largest tensor that a block of rows makes. */
const BLOCK_NUMBERS = 1 << 19;
const [LEAST_ROWS, MOST_ROWS] = [64, 8192];

/** What is computed for each row. */
export interface EachRowOptions {
  /** Numbers of a row. */
  readonly width: number;
  /** Numbers that it becomes while it is computed with: memory does not grow with the rows. */
  readonly cost: number;
  /** Numbers of the result of a row. */
  readonly results: number;
}

/** What a function of rows `[rows, width]` gives, block by block, in float32. */
export function eachRow(
  rows: Float64Array,
  { width, cost, results }: EachRowOptions,
  compute: (x: tf.Tensor2D) => tf.Tensor,
): Float64Array {
  const count = rows.length / width;
  const size = Math.min(MOST_ROWS, Math.max(LEAST_ROWS, Math.floor(BLOCK_NUMBERS / Math.max(1, cost))));
  const all = new Float64Array(count * results);
  for (let from = 0; from < count; from += size) {
    const length = Math.min(size, count - from);
    const values = Float32Array.from(rows.subarray(from * width, (from + length) * width));
    all.set(
      tensorValues(() => compute(tf.tensor2d(values, [length, width]))),
      from * results,
    );
  }
  return all;
}
