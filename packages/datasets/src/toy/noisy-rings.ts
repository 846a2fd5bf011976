import { logSumExp } from "@pushforward/core/plain";
import type { LogDensity } from "./toy-dataset.ts";

/**
 * The density of points that are uniform on rings around the origin, plus normal noise. In the plane one ring gives
 * `p(x) = e^(−(r² + R²) / 2σ²) I₀(r R / σ²) / 2πσ²` (Rice's density), r = |x|.
 */
export function noisyRings(radii: readonly number[], sd: number): LogDensity {
  const variance = sd * sd;
  return (x, y) => {
    const r = Math.hypot(x, y);
    const terms = radii.map(
      (radius) => -((r - radius) ** 2) / (2 * variance) + logScaledBesselI0((r * radius) / variance),
    );
    return logSumExp(terms) - Math.log(radii.length) - Math.log(2 * Math.PI * variance);
  };
}

/** `ln(e⁻ᶻ I₀(z))` for z ≥ 0: the power series, and the asymptotic one where its terms fall below 1e-16. */
export function logScaledBesselI0(z: number): number {
  if (z === Number.POSITIVE_INFINITY) return Number.NEGATIVE_INFINITY;
  let term = 1;
  let sum = 1;
  if (z < 25) {
    for (let k = 1; term > 1e-17 * sum; k++) {
      term *= (z / (2 * k)) ** 2;
      sum += term;
    }
    return Math.log(sum) - z;
  }
  for (let k = 1; term > 1e-17; k++) {
    term *= (2 * k - 1) ** 2 / (8 * k * z);
    sum += term;
  }
  return Math.log(sum) - 0.5 * Math.log(2 * Math.PI * z);
}
