import type { Kernels } from "./kernels.ts";

/** Adam in TypeScript: in float64 over float32 moments. */
export const scalarAdam: Pick<Kernels, "squaredNorm" | "adamStep"> = {
  // Four sums at once: one alone waits for the addition before it.
  squaredNorm(values) {
    let [a, b, c, d] = [0, 0, 0, 0];
    const whole = values.length & ~3;
    for (let i = 0; i < whole; i += 4) {
      a += (values[i] as number) * (values[i] as number);
      b += (values[i + 1] as number) * (values[i + 1] as number);
      c += (values[i + 2] as number) * (values[i + 2] as number);
      d += (values[i + 3] as number) * (values[i + 3] as number);
    }
    for (let i = whole; i < values.length; i++) a += (values[i] as number) * (values[i] as number);
    return a + b + (c + d);
  },

  adamStep(values, gradient, first, second, next, settings) {
    const { beta1, beta2, epsilon, keep, stepSize, rootScale, scale } = settings;
    const [gain1, gain2] = [1 - beta1, 1 - beta2];
    let check = 0;
    for (let i = 0; i < values.length; i++) {
      const g = (gradient[i] as number) * scale;
      const m = beta1 * (first[i] as number) + gain1 * g;
      const v = beta2 * (second[i] as number) + gain2 * g * g;
      first[i] = m;
      second[i] = v;
      const moved = Math.fround((values[i] as number) * keep - (stepSize * m) / (Math.sqrt(v) * rootScale + epsilon));
      next[i] = moved;
      // 0 · x is NaN for an infinite or undefined x and stays so; cheaper than a test for each value.
      check += 0 * moved;
    }
    return check === 0;
  },
};
