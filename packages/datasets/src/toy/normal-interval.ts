/** `ln(Φ(b) − Φ(a))` for a < b, the log-probability of an interval under the standard normal, also far in a tail. */
export function logNormalInterval(a: number, b: number): number {
  if (a > 0) return logNormalInterval(-b, -a);
  if (b > 0) return Math.log1p(-(normalTail(-a) + normalTail(b)));
  const upper = logNormalTail(-b);
  return upper + Math.log1p(-Math.exp(logNormalTail(-a) - upper));
}

function normalTail(z: number): number {
  return Math.exp(logNormalTail(z));
}

/** `ln(1 − Φ(z))` for z ≥ 0. */
function logNormalTail(z: number): number {
  if (z === Number.POSITIVE_INFINITY) return Number.NEGATIVE_INFINITY;
  const logPeak = -0.5 * z * z - 0.5 * Math.log(2 * Math.PI);
  if (z < 3) {
    // Φ(z) − ½ = φ(z) (z + z³/3 + z⁵/(3·5) + …), all terms positive.
    let term = z;
    let sum = z;
    for (let k = 3; term > 1e-17 * sum; k += 2) {
      term *= (z * z) / k;
      sum += term;
    }
    return Math.log(0.5 - Math.exp(logPeak) * sum);
  }
  // Mills' ratio as a continued fraction.
  let fraction = z;
  for (let k = 40; k >= 1; k--) fraction = z + k / fraction;
  return logPeak - Math.log(fraction);
}
