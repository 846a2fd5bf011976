import * as tf from "@tensorflow/tfjs-core";

/**
 * The gradients of `Σ outputs · seeds` by some tensors, within the gradient function of another operation. The tape of
 * TensorFlow.js is one variable of its engine, which a second use would empty before the first has ended; here it is put back.
 *
 * @returns one for each input, zeros where the value does not depend on it.
 */
export function nestedGradients(
  compute: () => readonly tf.Tensor[],
  inputs: readonly tf.Tensor[],
  seeds: readonly tf.Tensor[],
): tf.Tensor[] {
  const engine = tf.engine();
  const { activeTape } = engine.state;
  try {
    const { grads } = engine.gradients(
      () => tf.addN(compute().map((output, i) => tf.sum(tf.mul(output, seeds[i] as tf.Tensor)))) as tf.Scalar,
      [...inputs],
      undefined,
      true,
    );
    return inputs.map((input, i) => grads[i] ?? tf.zerosLike(input));
  } finally {
    engine.state.activeTape = activeTape;
  }
}
