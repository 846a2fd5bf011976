import type { Activation, TensorLike } from "@pushforward/core";
import { asTensor, currentTrace } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";

/**
 * Returns the same values as a constant: no gradient flows back through it. It shares the memory of x.
 * @example
 * tf.grad((x) => tf.mul(x, stopGradient(x)))(tf.scalar(3)); // → 3
 */
export function stopGradient(x: tf.Tensor): tf.Tensor {
  if (currentTrace() !== undefined) return tf.clone(x);
  // The kernel is run past the engine, which would record it on the tape.
  const engine = tf.engine();
  const { kernelFunc } = tf.getKernel("Identity", tf.getBackend());
  const alias = kernelFunc({ inputs: { x }, backend: engine.backend }) as tf.TensorInfo;
  return engine.makeTensorFromTensorInfo(alias);
}

/**
 * `min(max(x, low), high)`, elementwise. NaN stays NaN; the gradient is 0 outside.
 *
 * @example
 * clip([-3, Number.NaN, 3], -1, 1); // → [-1, NaN, 1]
 */
export function clip(x: TensorLike, low: number, high: number): tf.Tensor {
  return tf.tidy(() => tf.minimum(tf.maximum(asTensor(x, "clip"), low), high));
}

/**
 * `eˣ − 1`, elementwise, accurate for small x.
 *
 * @example
 * expm1(1e-8); // → 1e-8
 */
export function expm1(x: TensorLike): tf.Tensor {
  return tf.tidy(() => tf.expm1(asTensor(x, "expm1")));
}

/**
 * `log(1 + x)`, elementwise, accurate for small x; −∞ at −1 and NaN below.
 *
 * @example
 * log1p(1e-8); // → 1e-8
 */
export function log1p(x: TensorLike): tf.Tensor {
  return tf.tidy(() => tf.log1p(asTensor(x, "log1p")));
}

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

/**
 * `log(1 + eˣ)`, elementwise, without overflow and with full relative precision for very negative x.
 *
 * @example
 * softplus(0); // → Math.LN2
 */
export function softplus(x: TensorLike): tf.Tensor {
  return tf.tidy(() => tf.softplus(asTensor(x, "softplus")));
}

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

/** `x / (1 + |x| / limit)`: x near 0, and never beyond ±limit, also for x near the largest float32. NaN stays NaN. */
export function softClip(x: tf.Tensor, limit: number): tf.Tensor {
  return tf.tidy(() => tf.mul(x, tf.div(limit, tf.add(tf.abs(x), limit))));
}

/** Activations with a continuous derivative, as a divergence needs. */
export type SmoothActivation = Exclude<Activation, "relu">;

/** The activation of a network, elementwise. */
export function activate(z: tf.Tensor, activation: Activation): tf.Tensor {
  switch (activation) {
    case "relu":
      return tf.relu(z);
    case "tanh":
      return tf.tanh(z);
    case "elu":
      return tf.elu(z);
    case "silu":
      return tf.mul(z, tf.sigmoid(z));
  }
}

/** An activation with its derivative, elementwise. */
export function activateWithSlope(
  z: tf.Tensor,
  activation: SmoothActivation,
): readonly [value: tf.Tensor, slope: tf.Tensor] {
  if (activation === "silu") {
    const share = tf.sigmoid(z);
    const value = tf.mul(z, share);
    return [value, tf.add(share, tf.mul(value, tf.sub(1, share)))];
  }
  const value = activate(z, activation);
  // exp(z) = elu(z) + 1 below 0, and 1 above.
  const slope = activation === "tanh" ? tf.sub(1, tf.square(value)) : tf.sub(1, tf.relu(tf.neg(value)));
  return [value, slope];
}

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
 * `condition ? f(x) : otherwise`. f and its derivative need to be finite only where the condition is true: elsewhere f
 * receives `safe`, a value at which it is finite. The condition has the shape of x.
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
