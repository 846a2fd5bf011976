/** The numbers of one step of Adam: the decays in float64, what multiplies float32 numbers rounded to float32. */
export interface AdamSettings {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** What the values are multiplied by first: `1 − rate · decay`. */
  readonly keep: number;
  /** `rate / (1 − β₁ᵗ)`. */
  readonly stepSize: number;
  /** `1 / √(1 − β₂ᵗ)`. */
  readonly rootScale: number;
  /** What the gradient is multiplied by first. */
  readonly scale: number;
  /** Below this a mean, and a mean square, becomes 0. */
  readonly floor1: number;
  readonly floor2: number;
}

/** The arithmetic of Adam on the arrays of one tensor. The same bits wherever it is computed. */
export interface AdamArithmetic {
  /** The sum of squares, in float64. */
  squaredNorm(values: Float32Array): number;
  /**
   * Moves the moments and writes the new values to `next`, which may be `values`, in float32. False when one of these is not
   * finite; the moments have moved all the same.
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
