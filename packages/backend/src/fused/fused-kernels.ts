import { type Kernels, scalarKernels, type WasmKernels } from "@pushforward/kernels";
import { ADAM_KERNEL, AVERAGE_KERNEL } from "@pushforward/ops";
import type * as tf from "@tensorflow/tfjs-core";
import type { BackendName } from "../backend-name.ts";
import { chooseBuild } from "../chosen-build.ts";
import { planKernel } from "../plans/plan-on-tape.ts";
import { adamKernel } from "../updates/adam-kernel.ts";
import { averageKernel } from "../updates/average-kernel.ts";
import { columnSplineKernels } from "./column-spline-kernels.ts";
import { type FusedKernel, networkKernels } from "./network-kernels.ts";
import { normalKernels } from "./normal-kernels.ts";
import { rowMapKernels } from "./row-map-kernels.ts";

/** The part of the WebAssembly backend that its package does not document; the version is pinned. */
interface WasmBackend {
  readonly wasm: { readonly asm: { readonly memory: WebAssembly.Memory } };
}

/** What `backend` adds to a backend. */
export interface FusedKernels {
  readonly configs: readonly tf.KernelConfig[];
  /** The kernels on the memory of a started backend, for plans; absent where plain operations are faster. */
  readonly kernelsOf?: ((backend: object) => Kernels) | undefined;
}

/**
 * The kernels of the ops that a backend runs fused: WebAssembly with SIMD, on the tensors where they are, or TypeScript
 * on `cpu` and where the engine has no SIMD. Networks have none there: the plain operations of TensorFlow.js are faster.
 */
export async function fusedKernels(name: BackendName, relaxedSimd: boolean): Promise<FusedKernels> {
  const on = (kernels: readonly FusedKernel[]): readonly tf.KernelConfig[] =>
    kernels.map((kernel) => ({ ...kernel, backendName: name }));
  const scalar = (): Kernels => scalarKernels;
  if (name === "cpu")
    return {
      configs: on([...networkKernels(scalar), ...rowMapKernels(scalar), ...columnSplineKernels(), planKernel]),
      kernelsOf: scalar,
    };
  // Loaded on demand: a page that computes on cpu does without the modules.
  const { supportedBuild, wasmKernels } = await import("@pushforward/kernels/wasm");
  const build = supportedBuild(relaxedSimd ? ["relaxed", "simd"] : ["simd"]);
  chooseBuild(relaxedSimd, build);
  if (build === undefined) return { configs: on([...rowMapKernels(scalar), ...columnSplineKernels()]) };
  // Each start of the backend has a memory of its own.
  const made = new WeakMap<object, WasmKernels>();
  const kernelsOf = (backend: unknown): WasmKernels => {
    const { memory } = (backend as WasmBackend).wasm.asm;
    const kernels = made.get(memory) ?? wasmKernels(memory, build);
    made.set(memory, kernels);
    return kernels;
  };
  const configs = on([
    ...networkKernels(kernelsOf),
    ...rowMapKernels(kernelsOf),
    ...columnSplineKernels(),
    ...normalKernels(kernelsOf),
    planKernel,
    { kernelName: ADAM_KERNEL, kernelFunc: adamKernel(kernelsOf) },
    { kernelName: AVERAGE_KERNEL, kernelFunc: averageKernel(kernelsOf) },
  ]);
  return { configs, kernelsOf };
}
