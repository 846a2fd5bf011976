import { logGamma } from "./log-gamma.ts";

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
 * The regularized incomplete gamma functions for a > 0 and z ≥ 0, in float64: the smaller of the two is computed directly,
 * so that both tails keep their relative precision. The series below a + 1 and the continued fraction above are those of
 * Abramowitz and Stegun (1964), 6.5.29 and 6.5.31.
 *
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
