import type { TensorLike } from "@pushforward/core";
import { asTensor } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";

/**
 * `log(1 + eˣ)`, elementwise, without overflow and with full relative precision for very negative x.
 *
 * @example
 * softplus(0); // → Math.LN2
 */
export function softplus(x: TensorLike): tf.Tensor {
  return tf.tidy(() => tf.softplus(asTensor(x, "softplus")));
}
