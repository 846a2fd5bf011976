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
