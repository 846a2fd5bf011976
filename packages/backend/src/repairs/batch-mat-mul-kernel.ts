import type { Shape } from "@pushforward/core";
import { broadcastShapes, shapesEqual, sizeOf } from "@pushforward/core/extend";
import { broadcastIndices } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { kernelMemory } from "../memory/kernel-memory.ts";
import { type KernelOverride, kernelOverride } from "./kernel-override.ts";
import { transposeBy } from "./transpose-by.ts";

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
 * The matrix product. `wasm` computes transposed products and shared right-hand sides in a scalar loop, 20 times slower
 * than plain ones: they are transposed and flattened here. On both backends, batches that broadcast in more than one
 * axis come out wrong: they are repeated here.
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
