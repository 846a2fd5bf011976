/** The arithmetic on the host. */
export const hostAdam: AdamArithmetic = {
  // Eight sums at once: one alone waits for the addition before it.
  squaredNorm(values) {
    let [a, b, c, d, e, f, g, h] = [0, 0, 0, 0, 0, 0, 0, 0];
    const whole = values.length & ~7;
    for (let i = 0; i < whole; i += 8) {
      a += (values[i] as number) * (values[i] as number);
      b += (values[i + 1] as number) * (values[i + 1] as number);
      c += (values[i + 2] as number) * (values[i + 2] as number);
      d += (values[i + 3] as number) * (values[i + 3] as number);
      e += (values[i + 4] as number) * (values[i + 4] as number);
      f += (values[i + 5] as number) * (values[i + 5] as number);
      g += (values[i + 6] as number) * (values[i + 6] as number);
      h += (values[i + 7] as number) * (values[i + 7] as number);
    }
    let rest = 0;
    for (let i = whole; i < values.length; i++) rest += (values[i] as number) * (values[i] as number);
    return a + c + (e + g) + (b + d + (f + h)) + rest;
  },

  // One rounding to float32 after each operation gives the bits of float32 arithmetic: float64 has more than twice its
  // digits.
  adamStep(values, gradient, first, second, next, settings) {
    const { fround } = Math;
    const { beta1, beta2, epsilon, keep, stepSize, rootScale, scale, floor1, floor2 } = settings;
    // From the end that weighs more: what is added is then small, and so is the error of its weight.
    const [isShort1, isShort2] = [beta1 < 0.5, beta2 < 0.5];
    const weight1 = fround(isShort1 ? beta1 : 1 - beta1);
    const weight2 = fround(isShort2 ? beta2 : 1 - beta2);
    let check = 0;
    for (let i = 0; i < values.length; i++) {
      const g = fround((gradient[i] as number) * scale);
      const square = fround(g * g);
      let m = first[i] as number;
      let v = second[i] as number;
      m = isShort1 ? fround(g + fround(weight1 * fround(m - g))) : fround(m + fround(weight1 * fround(g - m)));
      v = isShort2
        ? fround(square + fround(weight2 * fround(v - square)))
        : fround(v + fround(weight2 * fround(square - v)));
      if (Math.abs(m) < floor1) m = 0;
      if (v < floor2) v = 0;
      first[i] = m;
      second[i] = v;
      const root = fround(fround(fround(Math.sqrt(v)) * rootScale) + epsilon);
      const moved = fround(fround((values[i] as number) * keep) - fround(stepSize * fround(m / root)));
      next[i] = moved;
      // This is NaN for what is not finite and stays so; cheaper than a test for each value.
      check += moved - moved;
    }
    return check === 0;
  },
};

/** Numbers of one Adam step: decays in float64, factors of float32 numbers rounded to float32. */
export interface AdamSettings {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** Initial factor of the values: `1 − rate · decay`. */
  readonly keep: number;
  /** `rate / (1 − β₁ᵗ)`. */
  readonly stepSize: number;
  /** `1 / √(1 − β₂ᵗ)`. */
  readonly rootScale: number;
  /** Initial factor of the gradient. */
  readonly scale: number;
  /** Below this a mean, and a mean square, becomes 0. */
  readonly floor1: number;
  readonly floor2: number;
}

/** Arithmetic of Adam on the arrays of a tensor. All implementations produce the same bits. */
export interface AdamArithmetic {
  /** The sum of squares, in float64. */
  squaredNorm(values: Float32Array): number;
  /**
   * Updates the moments and writes the new values to `next`, which may be `values`, in float32. Returns false if a new
   * value is not finite. The moments are updated even then.
   */
  adamStep(
    values: Float32Array,
    gradient: Float32Array,
    first: Float32Array,
    second: Float32Array,
    next: Float32Array,
    settings: AdamSettings,
  ): boolean;
}
