import type { Activation } from "@pushforward/core";
import * as tf from "@tensorflow/tfjs-core";

/** Activations with a continuous derivative, of which a divergence is made. */
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
