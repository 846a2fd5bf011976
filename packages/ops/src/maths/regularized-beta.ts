import { logGamma } from "./log-gamma.ts";

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

const MOST_TERMS = 100_000;
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
