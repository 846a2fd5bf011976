import { logGamma } from "./special-functions.ts";

/** P(X > x) of a χ² distribution with `degrees` degrees of freedom, the regularized upper incomplete gamma function. */
export function chiSquaredTail(x: number, degrees: number): number {
  if (!(x > 0)) return Number.isNaN(x) ? 0 : 1;
  return regularizedGamma(degrees / 2, x / 2).upper;
}

/**
 * p-value of a Kolmogorov–Smirnov statistic of n values; of two samples, n is `n₁n₂/(n₁ + n₂)`. Asymptotic series with
 * Stephens' (1970) correction for finite n.
 */
export function kolmogorovTail(statistic: number, n: number): number {
  return limitingTail((Math.sqrt(n) + 0.12 + 0.11 / Math.sqrt(n)) * statistic);
}

// Q(λ) = 2 Σ (−1)^(k−1) exp(−2k²λ²), or its theta-function transform where that converges faster.
function limitingTail(lambda: number): number {
  if (lambda < 1.18) {
    if (lambda < 0.05) return 1;
    const t = Math.exp((-Math.PI * Math.PI) / (8 * lambda * lambda));
    return 1 - (Math.sqrt(2 * Math.PI) / lambda) * (t + t ** 9 + t ** 25 + t ** 49);
  }
  const t = Math.exp(-2 * lambda * lambda);
  return 2 * (t - t ** 4 + t ** 9);
}

/**
 * p-value of the Kolmogorov–Smirnov test that sorted samples are drawn from a continuous distribution, from the values
 * of its cdf at the samples.
 */
export function kolmogorovSmirnov(cdfAtSorted: ArrayLike<number>): { statistic: number; pValue: number } {
  const n = cdfAtSorted.length;
  let statistic = 0;
  for (let i = 0; i < n; i++) {
    const value = cdfAtSorted[i] as number;
    if (Number.isNaN(value)) return { statistic: 1, pValue: 0 };
    statistic = Math.max(statistic, value - i / n, (i + 1) / n - value);
  }
  return { statistic, pValue: kolmogorovTail(statistic, n) };
}

/** Smallest and largest count of a binomial distribution that leave at most `(1 − level)/2` of the mass beyond each. */
export function binomialBand(trials: number, probability: number, level: number): [low: number, high: number] {
  if (probability <= 0) return [0, 0];
  if (probability >= 1) return [trials, trials];
  const tail = (1 - level) / 2;
  const logOdds = Math.log(probability) - Math.log1p(-probability);
  const front = logGamma(trials + 1) + trials * Math.log1p(-probability);
  let [sum, low] = [0, -1];
  for (let k = 0; k <= trials; k++) {
    const above = sum;
    sum += Math.exp(front - logGamma(k + 1) - logGamma(trials - k + 1) + k * logOdds);
    // P(X < k) ≤ tail < P(X ≤ k): the quantile of the lower tail.
    if (low < 0 && sum > tail && above <= tail) low = k;
    if (sum >= 1 - tail) return [low, k];
  }
  return [Math.max(low, 0), trials];
}

/** The two regularized incomplete gamma functions, which sum to 1. */
export interface RegularizedGamma {
  /** `P(a, z)`, the probability below z. */
  readonly lower: number;
  /** `Q(a, z)`, the probability above z. */
  readonly upper: number;
  /** `ln Q(a, z)`, finite where Q underflows. */
  readonly logUpper: number;
}

/**
 * The regularized incomplete gamma functions for a > 0 and z ≥ 0, in float64. The smaller of the two is computed
 * directly, so that both tails keep their relative precision. Computed by the series below a + 1 and the continued
 * fraction above, from Abramowitz and Stegun (1964), 6.5.29 and 6.5.31.
 * @example
 * regularizedGamma(2, 3).upper; // → 0.1991
 */
export function regularizedGamma(a: number, z: number): RegularizedGamma {
  if (z <= 0) return { lower: 0, upper: 1, logUpper: 0 };
  if (z === Number.POSITIVE_INFINITY) return { lower: 1, upper: 0, logUpper: Number.NEGATIVE_INFINITY };
  const logFront = a * Math.log(z) - z - logGamma(a);
  if (z < a + 1) {
    const lower = Math.min(1, Math.exp(logFront) * lowerSeries(a, z));
    return { lower, upper: 1 - lower, logUpper: Math.log1p(-lower) };
  }
  const logUpper = Math.min(0, logFront + Math.log(upperFraction(a, z)));
  const upper = Math.exp(logUpper);
  return { lower: 1 - upper, upper, logUpper };
}

const MOST_TERMS = 100_000;

function lowerSeries(a: number, z: number): number {
  let term = 1 / a;
  let sum = term;
  for (let k = 1; k < MOST_TERMS && term > sum * 1e-16; k++) {
    term *= z / (a + k);
    sum += term;
  }
  return sum;
}

// Lentz's evaluation of the continued fraction.
function upperFraction(a: number, z: number): number {
  let b = z + 1 - a;
  let c = 1e300;
  let d = 1 / b;
  let h = d;
  for (let k = 1; k < MOST_TERMS; k++) {
    const factor = -k * (k - a);
    b += 2;
    d = 1 / (factor * d + b);
    c = b + factor / c;
    const delta = c * d;
    h *= delta;
    if (Math.abs(delta - 1) < 1e-15) break;
  }
  return h;
}

/**
 * The regularized incomplete beta function `Iₓ(a, b)` for a, b > 0 and x from 0 to 1, in float64, and `1 − Iₓ(a, b)`: the
 * smaller of the two keeps its relative precision. The continued fraction is 8.17.22 of the NIST Digital Library of
 * Mathematical Functions.
 *
 * @param y `1 − x`, for an x so near 1 that the difference would be lost.
 * @example
 * regularizedBeta(2, 3, 0.5).lower; // → 0.6875
 */
export function regularizedBeta(
  a: number,
  b: number,
  x: number,
  y: number = 1 - x,
): { readonly lower: number; readonly upper: number } {
  if (x <= 0) return { lower: 0, upper: 1 };
  if (y <= 0) return { lower: 1, upper: 0 };
  const logFront = a * Math.log(x) + b * Math.log(y) - (logGamma(a) + logGamma(b) - logGamma(a + b));
  // The fraction converges fast only below the mean; above it the two sides change places.
  if (x < (a + 1) / (a + b + 2)) {
    const lower = Math.min(1, (Math.exp(logFront) * fraction(a, b, x)) / a);
    return { lower, upper: 1 - lower };
  }
  const upper = Math.min(1, (Math.exp(logFront) * fraction(b, a, y)) / b);
  return { lower: 1 - upper, upper };
}

/** In place of a denominator of 0. */
const TINY = 1e-300;

// Lentz's evaluation of the continued fraction.
function fraction(a: number, b: number, x: number): number {
  const away = (value: number): number => (Math.abs(value) < TINY ? TINY : value);
  let c = 1;
  let d = 1 / away(1 - ((a + b) * x) / (a + 1));
  let h = d;
  for (let m = 1; m < MOST_TERMS; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / away(1 + even * d);
    c = away(1 + even / c);
    h *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / away(1 + odd * d);
    c = away(1 + odd / c);
    h *= d * c;
    if (Math.abs(d * c - 1) < 1e-15) break;
  }
  return h;
}
