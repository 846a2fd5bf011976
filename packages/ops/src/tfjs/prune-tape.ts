import * as tf from "@tensorflow/tfjs-core";

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
