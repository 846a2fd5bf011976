import { millsRatio } from "@pushforward/core/plain";

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

/**
 * The Chebyshev series of `(x + 1)·millsRatio(x)` for x ≥ 0, which tends to 1, for where the ratio itself has to be computed by
 * arithmetic alone: 12 terms give it to 1e-8, 20 to 1e-12.
 *
 * @example
 * millsSeries(12).coefficients.length; // → 12
 */
export function millsSeries(terms: number): ChebyshevSeries {
  return chebyshevSeries((x) => (x + 1) * millsRatio(x), terms);
}

/** log Γ(a) for a > 0, by Stirling's series after shifting the argument above 10. */
export function logGamma(a: number): number {
  let shift = 0;
  let z = a;
  for (; z < 10; z++) shift -= Math.log(z);
  const i = 1 / (z * z);
  const series = (1 / 12 - i * (1 / 360 - i * (1 / 1260 - i * (1 / 1680 - i / 1188)))) / z;
  return shift + (z - 0.5) * Math.log(z) - z + 0.5 * Math.log(2 * Math.PI) + series;
}

/**
 * The digamma function ψ(a) = d ln Γ(a)/da for a > 0, in float64, by its asymptotic series after shifting the argument
 * above 10 (Abramowitz and Stegun 1964, 6.3.5 and 6.3.18).
 *
 * @example
 * digamma(1); // → -0.5772
 */
export function digamma(a: number): number {
  let shift = 0;
  let z = a;
  for (; z < 10; z++) shift -= 1 / z;
  const i = 1 / (z * z);
  const series = i * (1 / 12 - i * (1 / 120 - i * (1 / 252 - i * (1 / 240 - i * (1 / 132 - (i * 691) / 32760)))));
  return shift + Math.log(z) - 0.5 / z - series;
}

/** Share of the first order below which an order adds zero to a sum in float64. */
const NEGLIGIBLE = 1e-18;

/**
 * Modified Bessel functions of the first kind, `e^−κ Iⱼ(κ)` for the orders j = 0, 1, … that matter relative to I₀, in
 * float64 for κ ≥ 0. The ratios of neighboring orders are computed by the backward recurrence of Miller, their scale by
 * `I₀ + 2 Σ Iⱼ = e^κ` (Abramowitz and Stegun 1964, 9.6.26 and 9.6.37).
 * @example
 * scaledBessel(1)[0]; // → 0.46576
 */
export function scaledBessel(kappa: number): Float64Array {
  // Iⱼ/I₀ falls at least as fast as a normal density of variance κ.
  const orders = Math.ceil(10 * Math.sqrt(kappa)) + 30;
  const ratios = new Float64Array(orders + 1);
  let ratio = 0;
  for (let j = orders; j > 0; j--) {
    ratio = kappa / (2 * j + kappa * ratio);
    ratios[j] = ratio;
  }
  const relative = [1];
  let sum = 1;
  for (let j = 1; j <= orders; j++) {
    const next = (relative[j - 1] as number) * (ratios[j] as number);
    if (next < NEGLIGIBLE) break;
    relative.push(next);
    sum += 2 * next;
  }
  return Float64Array.from(relative, (value) => value / sum);
}
