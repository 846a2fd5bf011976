import { type Kernels, scalarKernels } from "@pushforward/kernels";
import * as tf from "@tensorflow/tfjs-core";
import { affineKernels } from "./affine-kernels.ts";
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
export async function fusedKernels(name: BackendName): Promise<readonly tf.KernelConfig[]> {
  if (name === "cpu") return networkKernels(() => scalarKernels).map((kernel) => ({ ...kernel, backendName: name }));
  // Loaded on demand: a page that computes on cpu does without the modules.
  const { supportedBuild, wasmKernels } = await import("@pushforward/kernels/wasm");
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
  const original = (kernelName: string): tf.KernelFunc => tf.getKernel(kernelName, name).kernelFunc;
  return [...networkKernels(kernelsOf), ...affineKernels(kernelsOf, original)].map((kernel) => ({
    ...kernel,
    backendName: name,
  }));
}
