import * as tf from "@tensorflow/tfjs-core";

/**
 * Frees the tensors that the tape has kept for a backward pass that will not happen. An error thrown inside a
 * differentiated function leaves these tensors behind, even in a `tf.tidy`. Call this when such an error is caught or
 * about to be thrown.
 *
 * @returns true when a finished tape had been left behind.
 */
export function releaseTape(): boolean {
  const { state } = tf.engine();
  for (const node of state.activeTape ?? []) {
    for (const tensor of node.saved ?? []) tensor.dispose();
  }
  // While the function still runs, the tape is still recorded.
  if (state.gradientDepth > 0 || !state.activeTape) return false;
  state.activeTape = [];
  return true;
}

/**
 * Removes operations that a value does not depend on from the tape being recorded, and frees the tensors kept for their
 * backward pass. Copies of kept tensors make up half of a tape, and the engine takes longer to find these operations.
 * Call this with the value of the outermost differentiated function, before the function returns it.
 *
 * @returns the value, and the tensors read by the operations that compute it.
 */
export function pruneTape(value: tf.Tensor): ReadonlySet<tf.Tensor> {
  const needed = new Set([value]);
  const { state } = tf.engine();
  const tape = state.activeTape ?? [];
  const kept: typeof tape = [];
  // The tape of a function around this one goes on.
  const isOutermost = state.gradientDepth === 1;
  for (let i = tape.length - 1; i >= 0; i--) {
    const node = tape[i] as (typeof tape)[number];
    if (node.outputs.some((output) => needed.has(output))) {
      for (const name in node.inputs) needed.add(node.inputs[name] as tf.Tensor);
      kept.push(node);
    } else if (isOutermost) {
      for (const tensor of node.saved ?? []) tensor.dispose();
    }
  }
  if (isOutermost) {
    // The array stays the same: by it runs of plans know which tape they are on.
    tape.length = 0;
    for (let i = kept.length - 1; i >= 0; i--) tape.push(kept[i] as (typeof tape)[number]);
  }
  return needed;
}

/**
 * The gradients of `Σ outputs · seeds` with respect to some tensors, within the gradient function of an outer
 * operation. The tape of TensorFlow.js is a single variable of its engine. A nested use would empty it before the outer
 * use has finished, so this function restores it.
 *
 * @returns one gradient for each input, zeros if the value does not depend on the input.
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
