/** How the slope of a sum of squares follows from its parameters; see `sumOfSquares`. */
export interface SumOfSquaresForm {
  /** What the mean of the squares is multiplied by. Default: 1 − `slope`. */
  readonly scale: number;
  /** The smallest slope. Default: 1e-3. */
  readonly slope: number;
  /** What the constants c of the polynomials are: all 1, or different ones with squares of the mean 1. Default: `"spread"`. */
  readonly constants: "spread" | "ones";
}

/** The integral of a mean of squared polynomials on [−bound, bound], and straight lines outside. */
export interface SumOfSquaresSettings extends SumOfSquaresForm {
  readonly polynomials: number;
  readonly degree: number;
  readonly bound: number;
  /** The unit in which the polynomials take x. */
  readonly unit: number;
}
