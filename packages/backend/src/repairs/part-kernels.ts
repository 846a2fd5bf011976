import type { Shape } from "@pushforward/core";
import { sizeOf } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";
import { type KernelMemory, kernelMemory } from "../memory/kernel-memory.ts";
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

/**
 * True if each part along an axis is contiguous. Empty tensors are excluded, because they have no array that the `cpu`
 * kernels could cut.
 */
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

/** Numbers of a tensor, of any type that has no parts. */
type Numbers = Float32Array | Int32Array | Uint8Array;

/** A view of an array: its shape, its start in the array, and the stride of each axis. */
interface StridedView {
  readonly shape: Shape;
  readonly start: number;
  readonly strides: readonly number[];
}

/** Writes the numbers of a view one after the other. */
export function copyStrided(from: Numbers, to: Numbers, view: StridedView): void {
  const axes = joinedAxes(view);
  const { size, stride } = axes.pop() ?? { size: 1, stride: 0 };
  const counts = new Int32Array(axes.length);
  let start = view.start;
  for (let at = 0; at < to.length; ) {
    for (let i = 0, place = start; i < size; i++, place += stride) to[at++] = from[place] as number;
    for (let axis = axes.length - 1; axis >= 0; axis--) {
      const outer = axes[axis] as Axis;
      const count = (counts[axis] as number) + 1;
      start += outer.stride;
      counts[axis] = count;
      if (count < outer.size) break;
      start -= outer.size * outer.stride;
      counts[axis] = 0;
    }
  }
}

interface Axis {
  readonly size: number;
  readonly stride: number;
}

/** Returns the axes of a view without axes of size 1. Adjacent axes that a single loop can cover are merged. */
function joinedAxes({ shape, strides }: StridedView): Axis[] {
  const axes: Axis[] = [];
  for (const [i, size] of shape.entries()) {
    const stride = strides[i] as number;
    if (size === 1) continue;
    const before = axes.at(-1);
    if (before?.stride === size * stride) axes[axes.length - 1] = { size: before.size * size, stride };
    else axes.push({ size, stride });
  }
  return axes;
}

/** Returns the strides of a contiguous array. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis] as number;
  }
  return strides;
}

/**
 * Gather with one copying loop, several times as fast as the original kernels of both backends. The original `wasm`
 * kernel also reads foreign memory if the tensor has batch axes.
 */
export const gatherKernel: KernelOverride = kernelOverride<
  Readonly<Record<"x" | "indices", tf.TensorInfo>>,
  Readonly<Record<"axis" | "batchDims", number>>
>("GatherV2", () => ({ inputs: { x, indices }, backend, attrs: { axis, batchDims } }) => {
  const at = axis < 0 ? axis + x.shape.length : axis;
  const info = tf.backend_util.segment_util.collectGatherOpShapeInfo(
    x as tf.Tensor,
    indices as tf.Tensor,
    at,
    batchDims,
  );
  const { batchSize, outerSize, dimSize, sliceSize } = info;
  const memory = kernelMemory(backend);
  const out = memory.allocate(info.outputShape, x.dtype as "float32" | "int32" | "bool");
  const [from, index, to] = [memory.values(x), memory.values(indices), memory.values(out)];
  const count = index.length / batchSize;
  let next = 0;
  for (let b = 0; b < batchSize; b++) {
    for (let o = 0; o < outerSize; o++) {
      for (let i = 0; i < count; i++) {
        const chosen = index[b * count + i] as number;
        if (!(chosen >= 0 && chosen < dimSize)) {
          throw new Error(`GatherV2: the index value ${chosen} is not in [0, ${dimSize - 1}]`);
        }
        const start = ((b * outerSize + o) * dimSize + chosen) * sliceSize;
        for (let s = 0; s < sliceSize; s++) to[next++] = from[start + s] as number;
      }
    }
  }
  return out;
});

/** Repeats by one copying loop; the kernel of `cpu` makes two arrays for each number, and takes fifteen times as long. */
export const tileKernel: KernelOverride = kernelOverride<
  { readonly x: tf.TensorInfo },
  { readonly reps: readonly number[] }
>("Tile", (original) => (args) => {
  const { x } = args.inputs;
  const { reps } = args.attrs;
  const { dtype } = x;
  if (dtype !== "float32" && dtype !== "int32" && dtype !== "bool") return original(args);
  const memory = kernelMemory(args.backend);
  const shape = x.shape.map((size, axis) => size * (reps[axis] as number));
  const out = memory.allocate(shape, dtype);
  // Each axis is two: of the repeats, which all begin at the same place, and of its own numbers.
  const view = {
    shape: x.shape.flatMap((size, axis) => [reps[axis] as number, size]),
    start: 0,
    strides: stridesOf(x.shape).flatMap((stride) => [0, stride]),
  };
  copyStrided(memory.values(x), memory.values(out), view);
  return out;
});

/**
 * Sums of the slices of x by segment, the gradient of gather. `wasm` has no such kernel, and the original `cpu` kernel
 * passes over x once for each segment. Ids outside the segments are ignored.
 */
export const unsortedSegmentSumKernel: KernelOverride = kernelOverride<
  Readonly<Record<"x" | "segmentIds", tf.TensorInfo>>,
  { readonly numSegments: number }
>("UnsortedSegmentSum", () => ({ inputs: { x, segmentIds }, backend, attrs: { numSegments } }) => {
  const slice = x.shape.slice(segmentIds.shape.length);
  const size = sizeOf(slice);
  const memory = kernelMemory(backend);
  const out = memory.allocate([numSegments, ...slice], x.dtype as "float32" | "int32");
  const [from, ids, to] = [memory.values(x), memory.values(segmentIds), memory.values(out)];
  const sums = new Float64Array(to.length);
  for (let i = 0; i < ids.length; i++) {
    const id = ids[i] as number;
    if (id < 0 || id >= numSegments) continue;
    for (let j = 0; j < size; j++)
      sums[id * size + j] = (sums[id * size + j] as number) + (from[i * size + j] as number);
  }
  to.set(sums);
  return out;
});
