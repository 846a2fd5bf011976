import type { Shape } from "@pushforward/core";
import { broadcastShapes, shapesEqual } from "@pushforward/core/extend";
import type * as tf from "@tensorflow/tfjs-core";
import { type KernelMemory, kernelMemory } from "../memory/kernel-memory.ts";
import { copyStrided, stridesOf } from "./copy-strided.ts";
import { type KernelOverride, kernelOverride } from "./kernel-override.ts";

const BINARY = ["Add", "Sub", "Multiply", "RealDiv", "Maximum", "Minimum", "Greater", "GreaterEqual", "Less"] as const;

/**
 * Operations on two tensors of which one has axes of size 1 where the other has none: it is spread out first, because the
 * kernels of `cpu` look up each pair of numbers with six arrays, and take five times as long.
 */
export const broadcastKernels: readonly KernelOverride[] = BINARY.map((kernelName) =>
  kernelOverride<Readonly<Record<"a" | "b", tf.TensorInfo>>>(kernelName, (original) => (args) => {
    const { a, b } = args.inputs;
    const shape = isNumeric(a) && isNumeric(b) ? broadcastShapes(a.shape, b.shape) : undefined;
    if (shape === undefined) return original(args);
    const memory = kernelMemory(args.backend);
    const inputs = { a: spread(memory, a, shape), b: spread(memory, b, shape) };
    const out = original({ ...args, inputs });
    if (inputs.a !== a) memory.free(inputs.a);
    if (inputs.b !== b) memory.free(inputs.b);
    return out;
  }),
);

function isNumeric({ dtype }: tf.TensorInfo): boolean {
  return dtype === "float32" || dtype === "int32" || dtype === "bool";
}

/** A tensor of a larger shape, or the tensor itself where it only lacks first axes: these the kernel goes through as fast. */
function spread(memory: KernelMemory, info: tf.TensorInfo, shape: Shape): tf.TensorInfo {
  const missing = shape.length - info.shape.length;
  if (shapesEqual(info.shape, shape.slice(missing))) return info;
  const strides = stridesOf(info.shape).map((stride, axis) => (info.shape[axis] === 1 ? 0 : stride));
  const out = memory.allocate(shape, info.dtype as "float32" | "int32" | "bool");
  const view = { shape, start: 0, strides: [...new Array<number>(missing).fill(0), ...strides] };
  copyStrided(memory.values(info), memory.values(out), view);
  return out;
}
