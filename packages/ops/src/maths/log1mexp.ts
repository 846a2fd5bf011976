import type { TensorLike } from "@pushforward/core";
import { asTensor } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";

/**
 * `log(1 − e⁻ˣ)`, elementwise, for x > 0; −∞ at 0 and NaN below. The formula changes at log 2, where both keep full
 * precision (Mächler 2012, "Accurately computing log(1 − exp(−|a|))").
 *
 * @example
 * log1mexp(1e-8); // → -18.42
 */
export function log1mexp(x: TensorLike): tf.Tensor {
  return tf.tidy(() => {
    const input = asTensor(x, "log1mexp");
    // Each formula sees only arguments for which it and its gradient are finite.
    const small = tf.minimum(input, Math.LN2);
    const large = tf.maximum(input, Math.LN2);
    return tf.where(
      tf.greater(input, Math.LN2),
      tf.log1p(tf.neg(tf.exp(tf.neg(large)))),
      tf.log(tf.neg(tf.expm1(tf.neg(small)))),
    );
  });
}
