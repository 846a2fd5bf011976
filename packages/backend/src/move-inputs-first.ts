import * as tf from "@tensorflow/tfjs-core";

interface WasmData {
  readonly dataIdMap: { get(id: object): unknown };
}

/**
 * Lets every kernel of `wasm` find its inputs in the memory of the backend. Tensors of the backend that ran before move
 * when they are first read, which may grow the WebAssembly memory; a kernel that already holds a view of it would lose
 * that view in its midst.
 */
export function moveInputsFirst(): void {
  for (const kernel of tf.getKernelsForBackend("wasm")) {
    const { kernelFunc } = kernel;
    tf.unregisterKernel(kernel.kernelName, kernel.backendName);
    tf.registerKernel({
      ...kernel,
      kernelFunc: (call) => {
        const { dataIdMap } = call.backend as WasmData;
        for (const name in call.inputs) {
          const input = call.inputs[name];
          if (input != null) dataIdMap.get(input.dataId);
        }
        return kernelFunc(call);
      },
    });
  }
}
