import type { TensorLike } from "@pushforward/core";
import { asTensor } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";

/**
 * `eˣ − 1`, elementwise, accurate for small x.
 *
 * @example
 * expm1(1e-8); // → 1e-8
 */
export function expm1(x: TensorLike): tf.Tensor {
  return tf.tidy(() => tf.expm1(asTensor(x, "expm1")));
}
