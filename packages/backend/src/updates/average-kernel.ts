import { type AverageArithmetic, kernelFunc } from "@pushforward/ops";
import type * as tf from "@tensorflow/tfjs-core";
import { kernelMemory } from "../memory/kernel-memory.ts";

/**
 * The kernel of `averageUpdate` for the `cpu` and the `wasm` backend, by the arithmetic of that backend: it moves the averages
 * where they are. Its inputs are the averages, whose data nobody else has, then the values; it has no output.
 */
export function averageKernel(arithmeticOf: (backend: unknown) => AverageArithmetic): tf.KernelFunc {
  return kernelFunc<readonly tf.TensorInfo[], { readonly decay: number }>(({ inputs, backend, attrs }) => {
    const { decay } = attrs;
    const arithmetic = arithmeticOf(backend);
    const memory = kernelMemory(backend);
    memory.change(inputs[0] as tf.TensorInfo, (averages) => {
      for (let i = 1, start = 0; i < inputs.length; i++) {
        const values = memory.values(inputs[i] as tf.TensorInfo) as Float32Array;
        arithmetic.moveAverage(averages as Float32Array, start, values, decay);
        start += values.length;
      }
    });
    return [];
  });
}
