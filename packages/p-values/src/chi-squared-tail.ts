import { logGamma } from "@pushforward/ops";

/** P(X > x) of a χ² distribution with `degrees` degrees of freedom, the regularized upper incomplete gamma function. */
export function chiSquaredTail(x: number, degrees: number): number {
  if (!(x > 0)) return Number.isNaN(x) ? 0 : 1;
  if (x === Number.POSITIVE_INFINITY) return 0;
  const a = degrees / 2;
  const z = x / 2;
  const front = Math.exp(a * Math.log(z) - z - logGamma(a));
  return z < a + 1 ? 1 - front * lowerSeries(a, z) : front * upperFraction(a, z);
}

function lowerSeries(a: number, z: number): number {
  let term = 1 / a;
  let sum = term;
  for (let k = 1; k < 10_000 && term > sum * 1e-16; k++) {
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
  for (let k = 1; k < 10_000; k++) {
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
