import * as tf from "@tensorflow/tfjs-core";

/**
 * Frees what the tape has kept for a backward pass that will not come. An error thrown inside a differentiated function
 * leaves these tensors behind, even in a `tf.tidy`; call this when such an error is caught or about to be thrown.
 */
export function releaseTape(): void {
  for (const node of tf.engine().state.activeTape ?? []) {
    for (const tensor of node.saved ?? []) tensor.dispose();
  }
}
