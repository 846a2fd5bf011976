import * as tf from "@tensorflow/tfjs-core";

/**
 * Frees what the tape has kept for a backward pass that will not come. An error thrown inside a differentiated function
 * leaves these tensors behind, even in a `tf.tidy`; call this when such an error is caught or about to be thrown.
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
 * Takes what a value does not depend on off the tape that is being recorded, and frees what was kept for its backward
 * pass: half of a tape are the copies of what is kept. The engine needs longer to find out. Call it with the value of the
 * outermost function that is differentiated, before this returns it.
 *
 * @returns the tensors that the operations on the way to the value have read, and the value.
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
