import type { Kernels } from "@pushforward/kernels";
import { kernelMemory } from "@pushforward/ops";
import type * as tf from "@tensorflow/tfjs-core";
import type { FusedKernel } from "./network-kernels.ts";

type Call = Parameters<tf.KernelFunc>[0];

const NAME = "PushforwardAffine";

/**
 * The op `affine` and its gradient. These kernels take one row of parameters for each number; what broadcasts goes to
 * the kernels that they replace.
 *
 * @param original the kernel that is registered under a name so far.
 */
export function affineKernels(
  kernelsOf: (backend: unknown) => Kernels,
  original: (name: string) => tf.KernelFunc,
): readonly FusedKernel[] {
  const [broadcasting, broadcastingGradient] = [original(NAME), original(`${NAME}Grad`)];
  return [
    {
      kernelName: NAME,
      kernelFunc: (call) => (isRowwise(call) ? forward(kernelsOf(call.backend), call) : broadcasting(call)),
    },
    {
      kernelName: `${NAME}Grad`,
      kernelFunc: (call) => (isRowwise(call) ? gradient(kernelsOf(call.backend), call) : broadcastingGradient(call)),
    },
  ];
}

function isRowwise({ inputs }: Call): boolean {
  const [x, parameters] = inputs as unknown as [tf.TensorInfo, tf.TensorInfo];
  const axes = parameters.shape.slice(0, -1);
  return axes.length === x.shape.length && x.shape.every((size, axis) => size > 0 && size === axes[axis]);
}

function forward(kernels: Kernels, { inputs, backend, attrs }: Call): tf.TensorInfo[] {
  const [x, parameters] = inputs as unknown as [tf.TensorInfo, tf.TensorInfo];
  const memory = kernelMemory(backend);
  const outputs = [memory.allocate(x.shape, "float32"), memory.allocate(x.shape, "float32")] as const;
  const [xs, raw, y, logDet] = [x, parameters, ...outputs].map(memory.values) as Float32Array[] as Four;
  kernels.affineForward(xs, raw, y, logDet, Boolean(attrs?.["inverse"]));
  return [...outputs];
}

function gradient(kernels: Kernels, { inputs, backend, attrs }: Call): tf.TensorInfo[] {
  const [x, parameters, ...dOutputs] = inputs as unknown as [tf.TensorInfo, tf.TensorInfo, ...tf.TensorInfo[]];
  const memory = kernelMemory(backend);
  const outputs = [memory.allocate(x.shape, "float32"), memory.allocate(parameters.shape, "float32")] as const;
  const [xs, raw, dValue, dLogDet] = [x, parameters, ...dOutputs].map(memory.values) as Float32Array[] as Four;
  const [dx, dRaw] = outputs.map(memory.values) as [Float32Array, Float32Array];
  kernels.affineGradient(xs, raw, dValue, dLogDet, dx, dRaw, Boolean(attrs?.["inverse"]));
  return [...outputs];
}

type Four = [Float32Array, Float32Array, Float32Array, Float32Array];
