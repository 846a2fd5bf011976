import type * as tf from "@tensorflow/tfjs-core";
import { kernelMemory } from "./kernel-memory.ts";

/** The name of the kernel of `averageUpdate`. */
export const AVERAGE_KERNEL = "PushforwardAverage";

/** The arithmetic of a moving average on the arrays of one tensor. The same bits wherever it is computed. */
export interface AverageArithmetic {
  /** `average ← decay·average + (1 − decay)·values`, in float32. */
  moveAverage(average: Float32Array, values: Float32Array, decay: number): void;
}

/** The arithmetic on the host. */
export const hostAverage: AverageArithmetic = {
  // One rounding to float32 after each operation gives the bits of float32 arithmetic.
  moveAverage(average, values, decay) {
    const { fround } = Math;
    // From the end that weighs more: what is added is then small, and so is the error of its weight.
    const isShort = decay < 0.5;
    const weight = fround(isShort ? decay : 1 - decay);
    for (let i = 0; i < average.length; i++) {
      const a = average[i] as number;
      const v = values[i] as number;
      average[i] = isShort ? fround(v + fround(weight * fround(a - v))) : fround(a + fround(weight * fround(v - a)));
    }
  },
};

/**
 * The kernel of `averageUpdate` for the `cpu` and the `wasm` backend, by the arithmetic of that backend: it updates averages
 * where they are. Its inputs are the averages, whose data nobody else has, then the values; it has no output.
 */
export function averageKernel(arithmeticOf: (backend: unknown) => AverageArithmetic): tf.KernelFunc {
  return ({ inputs, backend, attrs }) => {
    const infos = inputs as unknown as tf.TensorInfo[];
    const { decay } = attrs as unknown as { readonly decay: number };
    const arithmetic = arithmeticOf(backend);
    const memory = kernelMemory(backend);
    const count = infos.length / 2;
    for (let i = 0; i < count; i++) {
      const average = infos[i] as tf.TensorInfo;
      const values = memory.values(infos[i + count] as tf.TensorInfo) as Float32Array;
      memory.change(average, (own) => arithmetic.moveAverage(own as Float32Array, values, decay));
    }
    return [];
  };
}
