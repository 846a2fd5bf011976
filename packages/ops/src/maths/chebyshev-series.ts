/** `t = 1 − 2·CENTER/(x + CENTER)` maps [0, ∞] onto [−1, 1]. */
const CENTER = 3;

/** A Chebyshev series of a function of `t = 1 − 2·center/(x + center)`. */
export interface ChebyshevSeries {
  readonly center: number;
  readonly coefficients: readonly number[];
}

/**
 * The Chebyshev series of a smooth function of x ≥ 0 that tends to a limit, for where the function itself has to be computed by
 * arithmetic alone: `f(x) ≈ Σₖ cₖ Tₖ(t)`, by interpolation at the Chebyshev nodes.
 *
 * @param f finite for x ≥ 0.
 * @example
 * chebyshevSeries((x) => 1 / (x + 3), 8).coefficients[1]; // → -0.16667
 */
export function chebyshevSeries(f: (x: number) => number, terms: number): ChebyshevSeries {
  const count = 4 * terms;
  const angles = Array.from({ length: count }, (_, j) => (Math.PI * (j + 0.5)) / count);
  const values = angles.map((angle) => {
    const t = Math.cos(angle);
    return f((CENTER * (1 + t)) / (1 - t));
  });
  const coefficients = Array.from({ length: terms }, (_, k) => {
    const sum = values.reduce((total, value, j) => total + value * Math.cos(k * (angles[j] as number)), 0);
    return ((k === 0 ? 1 : 2) * sum) / count;
  });
  return { center: CENTER, coefficients };
}
