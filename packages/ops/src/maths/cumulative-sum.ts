import type { TensorLike } from "@pushforward/core";
import { asTensor } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";

/**
 * Running sums along the last axis, added up in float64.
 *
 * @example
 * cumulativeSum([1, 2, 3]); // → [1, 3, 6]
 */
export function cumulativeSum(x: TensorLike): tf.Tensor {
  return tf.tidy(() => {
    const input = asTensor(x, "cumulativeSum");
    return tf.cumsum(input, input.rank - 1);
  });
}
