/** How a mixture of normals follows from raw numbers; see `gaussianization`. */
export interface GaussianizationForm {
  /** Whether each component has a weight of its own, or all have the same. Default: `"learned"`. */
  readonly weights: "learned" | "equal";
  /** Soft bound of log-scales, `limit·tanh(a/limit)`; 0 bounds nothing. Default: 5. */
  readonly limit: number;
  /** How far from 0 the components start, in standard deviations. Default: 1.5, with which they differ. */
  readonly spread: number;
  /**
   * Probabilities are taken to be in (ε/2, 1 − ε/2). Default: 0. Above 0 the map reaches only an interval, (−4.89, 4.89) for 1e-6.
   */
  readonly epsilon: number;
}

/** A map that makes a mixture of normals normal, `Φ⁻¹(Σ w Φ(e^a·x + b))`. */
export interface GaussianizationSettings extends GaussianizationForm {
  readonly components: number;
}
