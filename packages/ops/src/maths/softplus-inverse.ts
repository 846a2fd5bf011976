import type { TensorLike } from "@pushforward/core";
import { asTensor } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";
import { log1mexp } from "./log1mexp.ts";

/**
 * `log(eʸ − 1)`, elementwise: the inverse of {@link softplus}, for y > 0; −∞ at 0 and NaN below.
 *
 * @example
 * softplusInverse(Math.LN2); // → 0
 */
export function softplusInverse(y: TensorLike): tf.Tensor {
  return tf.tidy(() => {
    const input = asTensor(y, "softplusInverse");
    return tf.add(input, log1mexp(input));
  });
}
