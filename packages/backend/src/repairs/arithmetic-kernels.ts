import type { Shape } from "@pushforward/core";
import { broadcastShapes, shapesEqual, sizeOf } from "@pushforward/core/extend";
import { broadcastIndices } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { type KernelMemory, kernelMemory } from "../memory/kernel-memory.ts";
import { type KernelOverride, kernelOverride } from "./kernel-override.ts";
import { copyStrided, stridesOf } from "./part-kernels.ts";

/** Minimum length of the inner loop, in numbers: a shorter row is repeated in a block. */
const LONG = 64;

/** Combines two arrays element by element: `a` from `start` on, `b` from 0 on. */
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

/** True if `row` is a single row of at least two numbers with the row width of a tensor that has more rows. */
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

/** `log(1 + x)`. The original `wasm` kernel rounds 1 + x first and loses every x below 6e-8. */
export const log1pKernel: KernelOverride = elementwise("Log1p", () => Math.log1p);

/** Clamp. The original `wasm` kernel turns NaN into the lower bound. */
export const clipByValueKernel: KernelOverride = elementwise<Readonly<Record<"clipValueMin" | "clipValueMax", number>>>(
  "ClipByValue",
  ({ clipValueMin, clipValueMax }) =>
    (x) =>
      Math.min(Math.max(x, clipValueMin), clipValueMax),
);

/** `min(max(x, 0), 6)`. The original `wasm` kernel turns NaN into 0. */
export const relu6Kernel: KernelOverride = elementwise("Relu6", () => (x) => Math.min(Math.max(x, 0), 6));

/** The sign; both backends give 0 for NaN, and `wasm` for every |x| < 1.2e-7. */
export const signKernel: KernelOverride = elementwise("Sign", () => (x) => (x > 0 ? 1 : x < 0 ? -1 : x));

/** `log(1 + eˣ)`. The original kernels of both backends compute 1 + eˣ in float32 and lose up to 6 % for x near −14. */
export const softplusKernel: KernelOverride = elementwise(
  "Softplus",
  () => (x) => (x > 0 ? x + Math.log1p(Math.exp(-x)) : Math.log1p(Math.exp(x))),
);

function elementwise<Attributes>(
  kernelName: string,
  scalarFunction: (attributes: Attributes) => (x: number) => number,
): KernelOverride {
  return kernelOverride<{ readonly x: tf.TensorInfo }, Attributes>(
    kernelName,
    () =>
      ({ inputs: { x }, backend, attrs }) => {
        const memory = kernelMemory(backend);
        const out = memory.allocate(x.shape, x.dtype as "float32" | "int32");
        const from = memory.values(x);
        const to = memory.values(out);
        const f = scalarFunction(attrs);
        for (let i = 0; i < to.length; i++) to[i] = f(from[i] as number);
        return out;
      },
  );
}

/** Exclusive or, which `cpu` lacks. */
export const logicalXorKernel: KernelOverride = kernelOverride<Readonly<Record<"a" | "b", tf.TensorInfo>>>(
  "LogicalXor",
  () =>
    ({ inputs: { a, b }, backend }) => {
      const shape = broadcastShapes(a.shape, b.shape);
      if (shape === undefined) throw new Error(`Operands could not be broadcast together: ${a.shape} and ${b.shape}.`);
      const memory = kernelMemory(backend);
      const out = memory.allocate(shape, "bool");
      const [left, right, to] = [memory.values(a), memory.values(b), memory.values(out)];
      const [ofA, ofB] = [broadcastIndices(a.shape, shape), broadcastIndices(b.shape, shape)];
      for (let i = 0; i < to.length; i++) {
        to[i] = Number(Boolean(left[ofA[i] as number]) !== Boolean(right[ofB[i] as number]));
      }
      return out;
    },
);

const BINARY = ["Add", "Sub", "Multiply", "RealDiv", "Maximum", "Minimum", "Greater", "GreaterEqual", "Less"] as const;

/**
 * Binary operations with an operand that has axes of size 1 to broadcast. The operand is expanded first, because the
 * `cpu` kernels look up each pair of numbers with six arrays, and take five times as long.
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

/**
 * Expands a tensor to a larger shape. Returns the tensor itself if it only lacks leading axes, because the kernel is
 * just as fast for these.
 */
function spread(memory: KernelMemory, info: tf.TensorInfo, shape: Shape): tf.TensorInfo {
  const missing = shape.length - info.shape.length;
  if (shapesEqual(info.shape, shape.slice(missing))) return info;
  const strides = stridesOf(info.shape).map((stride, axis) => (info.shape[axis] === 1 ? 0 : stride));
  const out = memory.allocate(shape, info.dtype as "float32" | "int32" | "bool");
  const view = { shape, start: 0, strides: [...new Array<number>(missing).fill(0), ...strides] };
  copyStrided(memory.values(info), memory.values(out), view);
  return out;
}

interface Counting {
  incRef(id: object): void;
}

/**
 * Identity. The original `wasm` kernel copies the values. Inside a kernel, where the tape saves inputs or outputs of
 * the kernel for the backward pass, this kernel shares the values instead.
 */
export const identityKernel: KernelOverride = kernelOverride<{ readonly x: tf.TensorInfo }>(
  "Identity",
  (original) => (args) => {
    const { x } = args.inputs;
    // This kernel is the second of those that run. A clone that a user makes stays a copy.
    if (tf.engine().state.kernelDepth < 2 || x.dtype === "string") return original(args);
    (args.backend as Counting).incRef(x.dataId);
    return { dataId: x.dataId, shape: x.shape, dtype: x.dtype };
  },
);
