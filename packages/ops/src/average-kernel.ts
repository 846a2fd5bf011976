import type * as tf from "@tensorflow/tfjs-core";
import { kernelFunc } from "./kernel-call.ts";
import { kernelMemory } from "./kernel-memory.ts";

/** The name of the kernel of `averageUpdate`. */
export const AVERAGE_KERNEL = "PushforwardAverage";

/** The arithmetic of a moving average. The same bits wherever it is computed. */
export interface AverageArithmetic {
  /** `average ← decay·average + (1 − decay)·values` for the averages from `start` on, in float32. */
  moveAverage(averages: Float32Array, start: number, values: Float32Array, decay: number): void;
}

/** The arithmetic on the host. */
export const hostAverage: AverageArithmetic = {
  // One rounding to float32 after each operation gives the bits of float32 arithmetic.
  moveAverage(averages, start, values, decay) {
    const { fround } = Math;
    // From the end that weighs more: what is added is then small, and so is the error of its weight.
    const isShort = decay < 0.5;
    const weight = fround(isShort ? decay : 1 - decay);
    for (let i = 0; i < values.length; i++) {
      const a = averages[start + i] as number;
      const v = values[i] as number;
      averages[start + i] = isShort
        ? fround(v + fround(weight * fround(a - v)))
        : fround(a + fround(weight * fround(v - a)));
    }
  },
};

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
