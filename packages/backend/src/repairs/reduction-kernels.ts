import type { Shape } from "@pushforward/core";
import { broadcastShapes, shapesEqual, sizeOf } from "@pushforward/core/extend";
import { broadcastIndices, callKernel } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { type KernelMemory, kernelMemory } from "../memory/kernel-memory.ts";
import { type KernelOverride, kernelOverride } from "./kernel-override.ts";

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

/** True if adjacent numbers belong to different sums. The original kernels transpose such a matrix first. */
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

/** Transposes a tensor with the kernel of the running backend. The caller frees the result. */
function transposeBy(x: tf.TensorInfo, perm: readonly number[], backend: object): tf.TensorInfo {
  const { kernelFunc } = tf.getKernel("Transpose", tf.getBackend());
  return callKernel(kernelFunc, { inputs: { x }, backend, attrs: { perm } }) as tf.TensorInfo;
}

type MatMulInputs = Readonly<Record<"a" | "b", tf.TensorInfo>>;

interface MatMulAttributes {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

interface Operand {
  readonly info: tf.TensorInfo;
  /** True when it was made here and must be freed. */
  readonly temporary: boolean;
}

/**
 * Matrix product. `wasm` computes transposed products and shared right-hand sides in a scalar loop, 20 times slower
 * than plain products, so this kernel transposes and flattens the operands first. Both backends return wrong results
 * for batches that broadcast along more than one axis, so this kernel repeats such batches.
 */
export const batchMatMulKernel: KernelOverride = kernelOverride<MatMulInputs, MatMulAttributes>(
  "BatchMatMul",
  (product) => (args) => {
    const { a, b } = args.inputs;
    const { transposeA, transposeB } = args.attrs;
    const isWasm = tf.getBackend() === "wasm" && a.dtype === "float32" && b.dtype === "float32";
    const left = isWasm && transposeA ? transpose(a, args.backend) : { info: a, temporary: false };
    const right = isWasm && transposeB ? transpose(b, args.backend) : { info: b, temporary: false };
    const attrs = isWasm ? { transposeA: false, transposeB: false } : args.attrs;
    const [batchA, batchB] = [a.shape.slice(0, -2), b.shape.slice(0, -2)];
    const batch = broadcastShapes(batchA, batchB);
    let out: tf.TensorInfo;
    if (isWasm && sizeOf(batchB) === 1 && batch !== undefined && sizeOf(batchA) > 1) {
      const [rows, inner] = left.info.shape.slice(-2) as [number, number];
      const flat = { ...left.info, shape: [sizeOf(batchA) * rows, inner] };
      const matrix = { ...right.info, shape: right.info.shape.slice(-2) };
      const shared = product({ ...args, inputs: { a: flat, b: matrix }, attrs });
      out = { ...shared, shape: [...batch, rows, right.info.shape[right.info.shape.length - 1] as number] };
    } else if (batch === undefined || shapesEqual(batchA, batchB) || sizeOf(batchA) === 1 || sizeOf(batchB) === 1) {
      out = product({ ...args, inputs: { a: left.info, b: right.info }, attrs });
    } else {
      const repeatedA = repeat(left.info, batch, args.backend);
      const repeatedB = repeat(right.info, batch, args.backend);
      out = product({ ...args, inputs: { a: repeatedA.info, b: repeatedB.info }, attrs });
      free(repeatedA, args.backend);
      free(repeatedB, args.backend);
    }
    free(left, args.backend);
    free(right, args.backend);
    return out;
  },
);

/** The fused product; transposed operands are transposed first, as in {@link batchMatMulKernel}. */
export const fusedMatMulKernel: KernelOverride = kernelOverride<MatMulInputs, MatMulAttributes>(
  "_FusedMatMul",
  (original) => (args) => {
    const { transposeA, transposeB } = args.attrs;
    if (!transposeA && !transposeB) return original(args);
    const { a, b } = args.inputs;
    const left = transposeA ? transpose(a, args.backend) : { info: a, temporary: false };
    const right = transposeB ? transpose(b, args.backend) : { info: b, temporary: false };
    const out = original({
      ...args,
      inputs: { ...args.inputs, a: left.info, b: right.info },
      attrs: { ...args.attrs, transposeA: false, transposeB: false },
    });
    free(left, args.backend);
    free(right, args.backend);
    return out;
  },
);

function transpose(x: tf.TensorInfo, backend: object): Operand {
  const rank = x.shape.length;
  const perm = [...Array(rank - 2).keys(), rank - 1, rank - 2];
  return { info: transposeBy(x, perm, backend), temporary: true };
}

// Copies the matrices along the batch axes that broadcast.
function repeat(x: tf.TensorInfo, batch: Shape, backend: object): Operand {
  const own = x.shape.slice(0, -2);
  if (shapesEqual(own, batch)) return { info: x, temporary: false };
  const matrix = x.shape.slice(-2);
  const size = sizeOf(matrix);
  const memory = kernelMemory(backend);
  const info = memory.allocate([...batch, ...matrix], x.dtype as "float32");
  const [from, to] = [memory.values(x), memory.values(info)];
  for (const [i, index] of broadcastIndices(own, batch).entries()) {
    to.set(from.subarray(index * size, (index + 1) * size), i * size);
  }
  return { info, temporary: true };
}

function free({ info, temporary }: Operand, backend: object): void {
  if (temporary) (backend as { disposeData(id: object): void }).disposeData(info.dataId);
}

/**
 * Running sums along any axis, added up in float64. The original kernels break on a negative axis (memory fault on
 * `wasm`) and add in float32, so that a million steps of 0.1 end at 100958.
 */
export const cumsumKernel: KernelOverride = kernelOverride<
  { readonly x: tf.TensorInfo },
  { readonly axis: number; readonly exclusive: boolean; readonly reverse: boolean }
>("Cumsum", () => ({ inputs: { x }, backend, attrs: { axis, exclusive, reverse } }) => {
  const at = axis < 0 ? axis + x.shape.length : axis;
  const memory = kernelMemory(backend);
  const out = memory.allocate(x.shape, x.dtype === "float32" ? "float32" : "int32");
  const from = memory.values(x);
  const to = memory.values(out);
  const length = x.shape[at] as number;
  const stride = sizeOf(x.shape.slice(at + 1));
  const step = reverse ? -stride : stride;
  for (let block = 0; block < to.length; block += length * stride) {
    for (let inner = 0; inner < stride; inner++) {
      let index = block + inner + (reverse ? (length - 1) * stride : 0);
      let sum = 0;
      for (let i = 0; i < length; i++, index += step) {
        if (exclusive) to[index] = sum;
        sum += from[index] as number;
        if (!exclusive) to[index] = sum;
      }
    }
  }
  return out;
});
