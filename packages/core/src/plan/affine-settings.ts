/** What turns a raw number into a scale. */
export type ScaleMap = "tanh" | "clip" | "softplus" | "sigmoid";

/** How the scale of an affine map follows from a raw number r. */
export interface AffineForm {
  /** `e^(limit·tanh(r/limit))`, `e^(r/(1 + |r|/limit))`, `softplus(r + offset) + least` or `sigmoid(r + offset) + least`. */
  readonly scale: ScaleMap;
  readonly limit: number;
  readonly offset: number;
  readonly least: number;
}

/** An affine map, `y = x·scale + t`, or its inverse. */
export interface AffineSettings extends AffineForm {
  readonly inverse: boolean;
}
