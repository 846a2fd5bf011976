import { type Kernels, scalarKernels, supportedBuild, wasmKernels } from "@pushforward/kernels";
import type * as tf from "@tensorflow/tfjs-core";
import type { BackendName } from "./backend-name.ts";
import { networkKernels } from "./network-kernels.ts";

/** The part of the WebAssembly backend that its package does not document; the version is pinned. */
interface WasmBackend {
  readonly wasm: { readonly asm: { readonly memory: WebAssembly.Memory } };
}

/**
 * The kernels of the ops that a backend runs fused: WebAssembly with SIMD, on the tensors where they are, or TypeScript
 * on `cpu`. None where the engine has no SIMD: the plain operations of TensorFlow.js are faster there.
 */
export function fusedKernels(name: BackendName): readonly tf.KernelConfig[] {
  if (name === "cpu") return networkKernels(() => scalarKernels).map((kernel) => ({ ...kernel, backendName: name }));
  const build = supportedBuild();
  if (build === undefined) return [];
  // Each start of the backend has a memory of its own.
  const made = new WeakMap<object, Kernels>();
  const kernelsOf = (backend: unknown): Kernels => {
    const { memory } = (backend as WasmBackend).wasm.asm;
    const kernels = made.get(memory) ?? wasmKernels(memory, build);
    made.set(memory, kernels);
    return kernels;
  };
  return networkKernels(kernelsOf).map((kernel) => ({ ...kernel, backendName: name }));
}
