import { sizeOf } from "@pushforward/core/extend";
import type * as tf from "@tensorflow/tfjs-core";
import { kernelMemory } from "../memory/kernel-memory.ts";
import { type KernelOverride, kernelOverride } from "./kernel-override.ts";

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
