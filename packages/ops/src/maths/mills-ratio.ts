/** From here on a continued fraction converges faster than the series. */
const FAR = 3;

/**
 * `P(Z > x)/φ(x)` of a standard normal for x ≥ 0, to a relative error of 1e-12: `½/φ(x) − (x + x³/3 + x⁵/15 + …)` near 0,
 * and the continued fraction `1/(x + 1/(x + 2/(x + …)))` far from it (Abramowitz and Stegun 1964, 26.2.11 and 26.2.14).
 *
 * @example
 * millsRatio(0); // → Math.sqrt(Math.PI / 2)
 */
export function millsRatio(x: number): number {
  if (x >= FAR) {
    let value = x;
    for (let n = Math.ceil(8 + 180 / x); n > 0; n--) value = x + n / value;
    return 1 / value;
  }
  const square = x * x;
  let term = x;
  let sum = x;
  for (let n = 3; term > 1e-17 * sum; n += 2) {
    term *= square / n;
    sum += term;
  }
  return Math.sqrt(Math.PI / 2) * Math.exp(square / 2) - sum;
}
