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
