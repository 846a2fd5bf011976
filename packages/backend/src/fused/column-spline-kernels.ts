import {
  type ColumnSplines,
  type ColumnSplineWorkspace,
  columnSplineBackward,
  columnSplineForward,
  columnSplineWorkspace,
} from "@pushforward/kernels";
import { type KernelCall, kernelFunc } from "@pushforward/ops";
import type * as tf from "@tensorflow/tfjs-core";
import { kernelMemory } from "../memory/kernel-memory.ts";
import type { FusedKernel } from "./network-kernels.ts";

/** x, the corners, logWidths, logHeights and logSlopes; for the gradient also those of value and log-det. */
type Call = KernelCall<readonly tf.TensorInfo[], { readonly inverse: boolean }>;

const KERNEL = "PushforwardColumnSpline";

/**
 * The op `columnSpline`, `(x [...batch, n], corners, logWidths, logHeights, logSlopes) → [value, logDet [...batch]]`, and
 * its gradient.
 */
export function columnSplineKernels(): readonly FusedKernel[] {
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
