import { normalQuantile } from "../key.ts";

// The standard normal distribution in float64, with full relative precision in both tails.
const HALF_LOG_TAU = 0.5 * Math.log(2 * Math.PI);
/** From here on a continued fraction converges faster than the series. */
const FAR = 3;
/** Below this probability the quantile is found from its logarithm. */
const UNDERFLOWS = 1e-300;

/**
 * `P(Z > x)/φ(x)` of a standard normal for x ≥ 0, to a relative error of 1e-12: `½/φ(x) − (x + x³/3 + x⁵/15 + …)` near
 * 0, and the continued fraction `1/(x + 1/(x + 2/(x + …)))` for large x (Abramowitz and Stegun 1964, 26.2.11 and
 * 26.2.14).
 * @example
 * millsRatio(0); // → Math.sqrt(Math.PI / 2)
 */
export function millsRatio(x: number): number {
  if (x >= FAR) return 1 / continuedFraction(x);
  return Math.sqrt(Math.PI / 2) * Math.exp((x * x) / 2) - oddSeries(x);
}

/** P(Z > z) of a standard normal, to a relative error of 1e-13, by the formulas of {@link millsRatio}. */
export function normalTail(z: number): number {
  const x = Math.abs(z);
  const density = Math.exp(-(x * x) / 2) / Math.sqrt(2 * Math.PI);
  const beyond = x < FAR ? 0.5 - density * oddSeries(x) : density === 0 ? 0 : density / continuedFraction(x);
  return z > 0 ? beyond : 1 - beyond;
}

/** Φ(z) = P(Z ≤ z), with full relative precision in the lower tail. */
export function normalCdf(z: number): number {
  return normalTail(-z);
}

/** `ln Φ(z)`, finite even for z so small that Φ underflows. */
export function logNormalCdf(z: number): number {
  return z < 0 ? Math.log(millsRatio(-z)) - 0.5 * z * z - HALF_LOG_TAU : Math.log1p(-normalTail(z));
}

/** `ln(Φ(high) − Φ(low))` for low < high, from the tail in which the interval lies. */
export function logNormalInterval(low: number, high: number): number {
  if (low > 0) return logNormalInterval(-high, -low);
  if (high > 0) return Math.log1p(-(normalTail(-low) + normalTail(high)));
  const upper = logNormalCdf(high);
  return upper + Math.log(-Math.expm1(logNormalCdf(low) - upper));
}

/** The z with `ln Φ(z) = logP`, for probabilities that float64 cannot hold too. */
export function normalQuantileOfLog(logP: number): number {
  if (logP > Math.log(UNDERFLOWS)) return normalQuantile(Math.exp(logP));
  if (logP === Number.NEGATIVE_INFINITY) return logP;
  // Newton steps on ln Φ, from its leading term −z²/2.
  let z = -Math.sqrt(-2 * logP);
  for (let i = 0; i < 20; i++) {
    const step = (logNormalCdf(z) - logP) * millsRatio(-z);
    z -= step;
    if (!(Math.abs(step) > 1e-15 * Math.abs(z))) break;
  }
  return z;
}

/** `Σ xⁿ/(1·3·5 … n)` over n = 1, 3, 5, …. */
function oddSeries(x: number): number {
  const square = x * x;
  let term = x;
  let sum = x;
  for (let n = 3; term > 1e-17 * sum; n += 2) {
    term *= square / n;
    sum += term;
  }
  return sum;
}

/** `x + 1/(x + 2/(x + …))`. */
function continuedFraction(x: number): number {
  let value = x;
  for (let n = Math.ceil(8 + 180 / x); n > 0; n--) value = x + n / value;
  return value;
}
