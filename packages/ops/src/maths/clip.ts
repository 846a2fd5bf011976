import type { TensorLike } from "@pushforward/core";
import { asTensor } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";

/**
 * `min(max(x, low), high)`, elementwise. NaN stays NaN; the gradient is 0 outside.
 *
 * @example
 * clip([-3, Number.NaN, 3], -1, 1); // → [-1, NaN, 1]
 */
export function clip(x: TensorLike, low: number, high: number): tf.Tensor {
  return tf.tidy(() => tf.minimum(tf.maximum(asTensor(x, "clip"), low), high));
}
