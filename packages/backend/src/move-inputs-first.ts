import * as tf from "@tensorflow/tfjs-core";
import { forgetCopies } from "./memory/kernel-memory.ts";

/**
 * Lets every kernel of `wasm` find its inputs in the memory of the backend, with nothing left that was made of values from
 * before. Tensors of the backend that ran before move when they are first read, which may grow the WebAssembly memory; a
 * kernel that already holds a view of it would lose that view in its midst.
 */
export function moveInputsFirst(): void {
  for (const kernel of tf.getKernelsForBackend("wasm")) {
    const { kernelFunc } = kernel;
    tf.unregisterKernel(kernel.kernelName, kernel.backendName);
    tf.registerKernel({
      ...kernel,
      kernelFunc: (call) => {
        const inputs = call.inputs as unknown;
        const backend = call.backend as object;
        // A list may have hundreds, which `for … in` would name one by one.
        if (Array.isArray(inputs)) for (const input of inputs) forgetCopies(backend, input);
        else for (const name in call.inputs) forgetCopies(backend, call.inputs[name]);
        return kernelFunc(call);
      },
    });
  }
}
