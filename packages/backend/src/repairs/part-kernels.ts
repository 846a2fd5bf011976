import { sizeOf } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";
import { type KernelMemory, kernelMemory } from "../memory/kernel-memory.ts";
import { copyStrided, stridesOf } from "./copy-strided.ts";
import { type KernelOverride, kernelOverride } from "./kernel-override.ts";

type OneInput = { readonly x: tf.TensorInfo };
type NumericDataType = "float32" | "int32" | "bool";

const sliceKernel: KernelOverride = kernelOverride<
  OneInput,
  { readonly begin: number | number[]; readonly size: number | number[] }
>("Slice", (original) => (args) => {
  const { x } = args.inputs;
  const [begin, size] = tf.slice_util.parseSliceParams(x as tf.Tensor, args.attrs.begin, args.attrs.size);
  // The kernel of cpu takes a view of an array that an empty tensor does not have.
  if (isNumeric(x) && sizeOf(size as number[]) === 0) {
    return kernelMemory(args.backend).allocate(size as number[], x.dtype as NumericDataType);
  }
  // Those in one piece are views, and need no copy.
  if (!isNumeric(x) || tf.slice_util.isSliceContinous(x.shape, begin as number[], size as number[])) {
    return original(args);
  }
  tf.slice_util.assertParamsValid(x, begin as number[], size as number[]);
  return copyPart(kernelMemory(args.backend), x, begin as number[], size as number[]);
});

/** Whether the parts along an axis are in one piece each. An empty tensor has no array that the kernels of cpu could cut. */
function isWhole(x: tf.TensorInfo, along: number): boolean {
  return !isNumeric(x) || (sizeOf(x.shape.slice(0, along)) <= 1 && sizeOf(x.shape) > 0);
}

const splitKernel: KernelOverride = kernelOverride<
  OneInput,
  { readonly numOrSizeSplits: number[] | number; readonly axis: number },
  tf.TensorInfo[]
>("SplitV", (original) => (args) => {
  const { x } = args.inputs;
  const { numOrSizeSplits, axis } = args.attrs;
  const along = tf.util.parseAxisParam(axis, x.shape)[0] as number;
  if (isWhole(x, along)) return original(args);
  const sizes = tf.backend_util.prepareSplitSize(x as tf.Tensor, numOrSizeSplits, along);
  const memory = kernelMemory(args.backend);
  let from = 0;
  return sizes.map((size) => {
    const part = copyPart(memory, x, startAt(x, along, from), x.shape.with(along, size));
    from += size;
    return part;
  });
});

const unpackKernel: KernelOverride = kernelOverride<
  { readonly value: tf.TensorInfo },
  { readonly axis: number },
  tf.TensorInfo[]
>("Unpack", (original) => (args) => {
  const { value: x } = args.inputs;
  const { axis } = args.attrs;
  const along = axis < 0 ? axis + x.shape.length : axis;
  if (isWhole(x, along)) return original(args);
  const memory = kernelMemory(args.backend);
  return Array.from({ length: x.shape[along] as number }, (_, at) => ({
    ...copyPart(memory, x, startAt(x, along, at), x.shape.with(along, 1)),
    shape: x.shape.toSpliced(along, 1),
  }));
});

/**
 * Parts of tensors by one copying loop: the kernels of `cpu` make several arrays for each number, and take some eighty times
 * as long.
 */
export const partKernels: readonly KernelOverride[] = [sliceKernel, splitKernel, unpackKernel];

function isNumeric({ dtype }: tf.TensorInfo): boolean {
  return dtype === "float32" || dtype === "int32" || dtype === "bool";
}

function startAt({ shape }: tf.TensorInfo, axis: number, at: number): number[] {
  return shape.map((_, i) => (i === axis ? at : 0));
}

function copyPart(memory: KernelMemory, x: tf.TensorInfo, begin: number[], shape: number[]): tf.TensorInfo {
  const out = memory.allocate(shape, x.dtype as NumericDataType);
  const strides = stridesOf(x.shape);
  const start = begin.reduce((sum, at, axis) => sum + at * (strides[axis] as number), 0);
  copyStrided(memory.values(x), memory.values(out), { shape, start, strides });
  return out;
}
