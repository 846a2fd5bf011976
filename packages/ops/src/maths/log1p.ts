import type { TensorLike } from "@pushforward/core";
import { asTensor } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";

/**
 * `log(1 + x)`, elementwise, accurate for small x; −∞ at −1 and NaN below.
 *
 * @example
 * log1p(1e-8); // → 1e-8
 */
export function log1p(x: TensorLike): tf.Tensor {
  return tf.tidy(() => tf.log1p(asTensor(x, "log1p")));
}
