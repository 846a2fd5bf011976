import type { Activation } from "@pushforward/core";
import * as tf from "@tensorflow/tfjs-core";

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
