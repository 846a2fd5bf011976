import { type NdArray, ndArray } from "@pushforward/core";
import { tensorValues } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";

/** Rows of a chunk on the device. */
const CHUNK = 8192;

/** Rows through a map of tensors, in chunks. */
export function mapRows({ shape, data }: NdArray, map: (x: tf.Tensor) => tf.Tensor): NdArray {
  const [rows, width] = shape as unknown as readonly [number, number];
  const result = new Float64Array(rows * width);
  for (let from = 0; from < rows; from += CHUNK) {
    const count = Math.min(CHUNK, rows - from);
    const chunk = Float32Array.from(data.subarray(from * width, (from + count) * width));
    result.set(
      tensorValues(() => map(tf.tensor2d(chunk, [count, width]))),
      from * width,
    );
  }
  return ndArray(shape, result);
}
