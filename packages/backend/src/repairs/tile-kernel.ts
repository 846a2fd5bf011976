import type * as tf from "@tensorflow/tfjs-core";
import { kernelMemory } from "../memory/kernel-memory.ts";
import { copyStrided, stridesOf } from "./copy-strided.ts";
import { type KernelOverride, kernelOverride } from "./kernel-override.ts";

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
