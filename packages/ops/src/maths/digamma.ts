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
