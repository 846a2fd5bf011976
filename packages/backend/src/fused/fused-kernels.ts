import {
  type ColumnSplines,
  type ColumnSplineWorkspace,
  columnSplineBackward,
  columnSplineForward,
  columnSplineWorkspace,
  type Kernels,
  NORMALS_SCRATCH_SIZE,
  scalarKernels,
  type WasmKernels,
} from "@pushforward/kernels";
import { ADAM_KERNEL, AVERAGE_KERNEL, type KernelCall, kernelFunc, STANDARD_NORMAL_KERNEL } from "@pushforward/ops";
import type * as tf from "@tensorflow/tfjs-core";
import { kernelMemory } from "../memory/kernel-memory.ts";
import { planKernel } from "../plans/plan-on-tape.ts";
import { type BackendName, chooseBuild } from "../start-wasm.ts";
import { adamKernel, averageKernel } from "../updates/update-kernels.ts";
import { type FusedKernel, networkKernels } from "./network-kernels.ts";
import { rowMapKernels } from "./row-map-kernels.ts";

/** The part of the WebAssembly backend that its package does not document; the version is pinned. */
interface WasmBackend {
  readonly wasm: { readonly asm: { readonly memory: WebAssembly.Memory } };
}

/** Kernels that `backend` adds to a backend. */
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

/**
 * x, the corners, logWidths, logHeights and logSlopes; for the gradient kernel also the gradients of value and log-det.
 */
type Call = KernelCall<readonly tf.TensorInfo[], { readonly inverse: boolean }>;

const KERNEL = "PushforwardColumnSpline";

/**
 * The op `columnSpline`, `(x [...batch, n], corners, logWidths, logHeights, logSlopes) → [value, logDet [...batch]]`, and
 * its gradient.
 */
function columnSplineKernels(): readonly FusedKernel[] {
  return [
    { kernelName: KERNEL, kernelFunc: kernelFunc(forward) },
    { kernelName: `${KERNEL}Grad`, kernelFunc: kernelFunc(gradient) },
  ];
}

function forward(call: Call): tf.TensorInfo[] {
  const memory = kernelMemory(call.backend);
  const [x] = call.inputs as readonly [tf.TensorInfo];
  const outputs = [memory.allocate(x.shape, "float32"), memory.allocate(x.shape.slice(0, -1), "float32")] as const;
  const view = viewsOf(call);
  const [y, logDet] = [view(outputs[0]), view(outputs[1])];
  columnSplineForward(splinesOf(call, view), view(x), y, logDet, workspaceOf(call, logDet.length, false));
  return [...outputs];
}

function gradient(call: Call): tf.TensorInfo[] {
  const memory = kernelMemory(call.backend);
  const infos = call.inputs;
  const [x, , , , , dValue, dLogDet] = infos as readonly [tf.TensorInfo, ...tf.TensorInfo[]];
  const outputs = infos.slice(0, 5).map(({ shape }) => memory.allocate(shape, "float32"));
  const view = viewsOf(call);
  const splines = splinesOf(call, view);
  const values = view(x);
  const ofLogDet = view(dLogDet as tf.TensorInfo);
  const workspace = workspaceOf(call, ofLogDet.length, true);
  // The tape keeps inputs, not what was found out about them.
  const [y, logDet] = [new Float32Array(values.length), new Float32Array(ofLogDet.length)];
  columnSplineForward(splines, values, y, logDet, workspace);
  const [dx, corners, logWidths, logHeights, logSlopes] = outputs.map(view);
  const gradients = { x: dx, corners, logWidths, logHeights, logSlopes };
  columnSplineBackward(splines, values, view(dValue as tf.TensorInfo), ofLogDet, gradients, workspace);
  return outputs;
}

// Only after everything is allocated: that may move the memory.
function viewsOf({ backend }: Call): (info: tf.TensorInfo) => Float32Array {
  const memory = kernelMemory(backend);
  return (info) => memory.values(info) as Float32Array;
}

function splinesOf(call: Call, view: (info: tf.TensorInfo) => Float32Array): ColumnSplines {
  const [, corners, logWidths, logHeights, logSlopes] = call.inputs.map(view) as [
    Float32Array,
    Float32Array,
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  const { inverse } = call.attrs;
  return { corners, logWidths, logHeights, logSlopes, knots: knotsOf(call), inverse };
}

function workspaceOf(call: Call, rows: number, isTraining: boolean): ColumnSplineWorkspace {
  const columns = call.inputs[1]?.shape[0] as number;
  return columnSplineWorkspace(rows, columns, knotsOf(call), isTraining);
}

function knotsOf(call: Call): number {
  return call.inputs[4]?.shape[1] as number;
}

interface NormalAttributes {
  /** Words of the key. */
  readonly words: readonly [number, number];
  readonly shape: readonly number[];
}

/** The op `standardNormal`. */
function normalKernels(kernelsOf: (backend: unknown) => WasmKernels): readonly FusedKernel[] {
  return [
    {
      kernelName: STANDARD_NORMAL_KERNEL,
      kernelFunc: kernelFunc<object, NormalAttributes>(({ backend, attrs: { words, shape } }) => {
        const memory = kernelMemory(backend);
        const out = memory.allocate(shape, "float32");
        const scratch = memory.allocate([NORMALS_SCRATCH_SIZE], "float32");
        const [values, work] = [out, scratch].map(memory.values) as [Float32Array, Float32Array];
        kernelsOf(backend).normals(words, 0, values, work);
        memory.free(scratch);
        return out;
      }),
    },
  ];
}
