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
