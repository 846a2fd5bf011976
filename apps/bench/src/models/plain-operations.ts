import { setExecutor } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";

/**
 * Makes the running backend compute with the operations of TensorFlow.js alone: it forgets our fused kernels and how to
 * run a plan. There is no way back, so this belongs into a process of its own.
 */
export function usePlainOperations(): void {
  const backend = tf.getBackend();
  for (const { kernelName } of tf.getKernelsForBackend(backend)) {
    if (kernelName.startsWith("Pushforward")) tf.unregisterKernel(kernelName, backend);
  }
  setExecutor(tf.backend(), undefined);
}
