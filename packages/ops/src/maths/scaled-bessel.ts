/** Below this share of the first, an order adds nothing to a sum in float64. */
const NEGLIGIBLE = 1e-18;

/**
 * Modified Bessel functions of the first kind, `e^−κ Iⱼ(κ)` for the orders j = 0, 1, … for as long as they matter beside
 * I₀, in float64 for κ ≥ 0. The ratios of neighboring orders come from the backward recurrence of Miller, their scale from
 * `I₀ + 2 Σ Iⱼ = e^κ` (Abramowitz and Stegun 1964, 9.6.26 and 9.6.37).
 *
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
