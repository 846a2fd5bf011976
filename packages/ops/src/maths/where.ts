import * as tf from "@tensorflow/tfjs-core";

/**
 * `condition ? a : b`, elementwise with broadcasting.
 *
 * Both sides are computed before one is chosen. Where the derivative of the side that is not chosen is not finite, the
 * gradient becomes NaN all the same (0 · ∞): use {@link safeWhere} there.
 */
export function where(condition: tf.Tensor, a: tf.Tensor | number, b: tf.Tensor | number): tf.Tensor {
  return tf.tidy(() => tf.where(condition, a, b));
}

/**
 * `condition ? f(x) : otherwise`, where f and its derivative need to be finite only where the condition holds:
 * elsewhere f is given `safe`, a value at which it is. The condition has the shape of x.
 *
 * @example
 * const x = tf.tensor1d([-1, 1]);
 * safeWhere(tf.greater(x, 0), x, tf.log, Number.NEGATIVE_INFINITY, 1); // → [-Infinity, 0]
 */
export function safeWhere(
  condition: tf.Tensor,
  x: tf.Tensor,
  f: (x: tf.Tensor) => tf.Tensor,
  otherwise: tf.Tensor | number,
  safe: number,
): tf.Tensor {
  return tf.tidy(() => tf.where(condition, f(tf.where(condition, x, safe)), otherwise));
}
