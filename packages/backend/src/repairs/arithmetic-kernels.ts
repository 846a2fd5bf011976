import { sizeOf } from "@pushforward/core/extend";
import type * as tf from "@tensorflow/tfjs-core";
import { kernelMemory } from "../memory/kernel-memory.ts";
import { type KernelOverride, kernelOverride } from "./kernel-override.ts";

/** Numbers of a row, or of several that stand one after the other, which a loop goes through without a stop. */
const LONG = 64;

/** What two arrays give, number by number, from a place on: those of the first there, those of the second from 0 on. */
type Loop = (a: Float32Array, b: Float32Array, out: Float32Array, start: number, end: number) => void;

// Rounded from float64, all of these are what float32 gives, bit for bit.
const add: Loop = (a, b, out, start, end) => {
  for (let i = start, j = 0; i < end; i++, j++) out[i] = (a[i] as number) + (b[j] as number);
};
const sub: Loop = (a, b, out, start, end) => {
  for (let i = start, j = 0; i < end; i++, j++) out[i] = (a[i] as number) - (b[j] as number);
};
const subFrom: Loop = (a, b, out, start, end) => {
  for (let i = start, j = 0; i < end; i++, j++) out[i] = (b[j] as number) - (a[i] as number);
};
const multiply: Loop = (a, b, out, start, end) => {
  for (let i = start, j = 0; i < end; i++, j++) out[i] = (a[i] as number) * (b[j] as number);
};
const divide: Loop = (a, b, out, start, end) => {
  for (let i = start, j = 0; i < end; i++, j++) out[i] = (a[i] as number) / (b[j] as number);
};
const divideInto: Loop = (a, b, out, start, end) => {
  for (let i = start, j = 0; i < end; i++, j++) out[i] = (b[j] as number) / (a[i] as number);
};

/** Sums of rows and one that is added to all; the kernels of `wasm` take five to thirty times as long. */
export const addKernel: KernelOverride = withRow("Add", add, add);

/** Differences of rows and one, in either order. */
export const subKernel: KernelOverride = withRow("Sub", sub, subFrom);

/** Products of rows with one. */
export const multiplyKernel: KernelOverride = withRow("Multiply", multiply, multiply);

/** Quotients of rows and one, in either order. */
export const realDivKernel: KernelOverride = withRow("RealDiv", divide, divideInto);

/** @param swapped the loop where the row is the first of the two. */
function withRow(kernelName: string, loop: Loop, swapped: Loop): KernelOverride {
  return kernelOverride<Readonly<Record<"a" | "b", tf.TensorInfo>>>(kernelName, (original) => (args) => {
    const { a, b } = args.inputs;
    const isSecond = isRowOf(b, a);
    if (!isSecond && !isRowOf(a, b)) return original(args);
    const [whole, row] = isSecond ? [a, b] : [b, a];
    const memory = kernelMemory(args.backend);
    const out = memory.allocate(whole.shape, "float32");
    const [from, to] = [memory.values(whole) as Float32Array, memory.values(out) as Float32Array];
    const block = repeated(memory.values(row) as Float32Array, to.length);
    const run = isSecond ? loop : swapped;
    for (let start = 0; start < to.length; start += block.length) {
      run(from, block, to, start, Math.min(to.length, start + block.length));
    }
    return out;
  });
}

/** Whether a tensor is a row of several numbers of another that has more rows. */
function isRowOf(row: tf.TensorInfo, { shape, dtype }: tf.TensorInfo): boolean {
  const width = shape[shape.length - 1];
  if (row.dtype !== "float32" || dtype !== "float32" || row.shape.length > shape.length) return false;
  if (width === undefined || width < 2 || row.shape[row.shape.length - 1] !== width) return false;
  return sizeOf(row.shape) === width && sizeOf(shape) > width;
}

function repeated(row: Float32Array, size: number): Float32Array {
  const width = row.length;
  if (width >= LONG) return row;
  const block = new Float32Array(width * Math.min(Math.ceil(LONG / width), size / width));
  for (let start = 0; start < block.length; start += width) block.set(row, start);
  return block;
}
