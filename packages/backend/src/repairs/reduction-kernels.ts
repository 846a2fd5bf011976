import { sizeOf } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";
import { type KernelMemory, kernelMemory } from "../memory/kernel-memory.ts";
import { type KernelOverride, kernelOverride } from "./kernel-override.ts";
import { transposeBy } from "./transpose-by.ts";

// The original kernels add in float32, one after the other: at this length the error is still near 1e-7.
const LONG = 512;

// Rows of at most so many numbers are added up one column after the other: a cache line has several of them.
const NARROW = 8;

/** Sums; long ones are added up in float64. */
export const sumKernel: KernelOverride = reduction("Sum", false);

/** Means; long ones are added up in float64. */
export const meanKernel: KernelOverride = reduction("Mean", true);

function reduction(kernelName: string, mean: boolean): KernelOverride {
  return kernelOverride<
    { readonly x: tf.TensorInfo },
    { readonly axis: number | number[]; readonly keepDims: boolean }
  >(kernelName, (original) => (args) => {
    const { x } = args.inputs;
    const { axis, keepDims } = args.attrs;
    const axes = tf.util.parseAxisParam(axis, x.shape).sort((a, b) => a - b);
    const length = axes.reduce((size, a) => size * (x.shape[a] as number), 1);
    // Integers are exact as they are; of nothing, the original kernel returns memory as it finds it.
    const isShort = (length < LONG && !isAcross(x, axes)) || (!mean && x.dtype !== "float32");
    if (isShort && length > 0) return original(args);
    const kept = x.shape.filter((_, i) => !axes.includes(i));
    const memory = kernelMemory(args.backend);
    const [input, temporary] = axesTogether(x, axes, kept, args.backend);
    const shape = keepDims ? x.shape.map((size, i) => (axes.includes(i) ? 1 : size)) : kept;
    const out = memory.allocate(shape, mean || x.dtype === "float32" ? "float32" : "int32");
    const inner = temporary ? 1 : sizeOf(x.shape.slice((axes[axes.length - 1] as number) + 1));
    reduce(memory, input, out, length, inner, mean ? length : 1);
    if (temporary) (args.backend as { disposeData(id: object): void }).disposeData(input.dataId);
    return out;
  });
}

/** Whether neighboring numbers go to different sums: the original kernels transpose such a matrix first. */
function isAcross({ dtype, shape }: tf.TensorInfo, axes: readonly number[]): boolean {
  return dtype === "float32" && axes[axes.length - 1] !== shape.length - 1 && areNeighbors(axes);
}

function areNeighbors(axes: readonly number[]): boolean {
  return (axes[axes.length - 1] as number) - (axes[0] as number) === axes.length - 1;
}

// Axes that do not stand side by side are moved to the end, which copies.
function axesTogether(
  x: tf.TensorInfo,
  axes: readonly number[],
  kept: readonly number[],
  backend: object,
): [tf.TensorInfo, boolean] {
  if (areNeighbors(axes)) return [x, false];
  const perm = [...x.shape.keys()].filter((i) => !axes.includes(i)).concat(axes);
  const moved = transposeBy(x, perm, backend);
  return [{ ...moved, shape: [...kept, sizeOf(axes.map((a) => x.shape[a] as number))] }, true];
}

function reduce(
  memory: KernelMemory,
  x: tf.TensorInfo,
  out: tf.TensorInfo,
  length: number,
  inner: number,
  divisor: number,
): void {
  const from = memory.values(x);
  const to = memory.values(out);
  if (inner === 1) {
    for (let i = 0; i < to.length; i++) {
      // Four independent sums, because one would wait for each addition.
      let [a, b, c, d] = [0, 0, 0, 0];
      const start = i * length;
      const end = start + length;
      let at = start;
      for (; at + 3 < end; at += 4) {
        a += from[at] as number;
        b += from[at + 1] as number;
        c += from[at + 2] as number;
        d += from[at + 3] as number;
      }
      for (; at < end; at++) a += from[at] as number;
      to[i] = (a + b + (c + d)) / divisor;
    }
    return;
  }
  if (inner <= NARROW) {
    for (let i = 0; i < to.length; i++) {
      let [a, b] = [0, 0];
      const start = Math.floor(i / inner) * length * inner + (i % inner);
      const end = start + length * inner;
      let at = start;
      for (; at + inner < end; at += 2 * inner) {
        a += from[at] as number;
        b += from[at + inner] as number;
      }
      if (at < end) a += from[at] as number;
      to[i] = (a + b) / divisor;
    }
    return;
  }
  const sums = new Float64Array(inner);
  for (let block = 0; block * inner < to.length; block++) {
    sums.fill(0);
    let at = block * length * inner;
    for (let i = 0; i < length; i++) {
      for (let j = 0; j < inner; j++, at++) sums[j] = (sums[j] as number) + (from[at] as number);
    }
    for (let j = 0; j < inner; j++) to[block * inner + j] = (sums[j] as number) / divisor;
  }
}
