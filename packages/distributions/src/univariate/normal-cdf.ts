import { normalQuantile } from "@pushforward/core/plain";
import { regularizedGamma } from "@pushforward/ops";

const HALF_LOG_TAU = 0.5 * Math.log(2 * Math.PI);
/** Below this probability the quantile is found from its logarithm. */
const UNDERFLOWS = 1e-300;

/** Φ(z), with full relative precision in the lower tail. */
export function normalCdf(z: number): number {
  const tail = 0.5 * regularizedGamma(0.5, (z * z) / 2).upper;
  return z < 0 ? tail : 1 - tail;
}

/** `ln Φ(z)`, finite far below where Φ underflows. */
export function logNormalCdf(z: number): number {
  const { upper, logUpper } = regularizedGamma(0.5, (z * z) / 2);
  return z < 0 ? logUpper - Math.LN2 : Math.log1p(-0.5 * upper);
}

/** The z with `ln Φ(z) = logP`, for probabilities that float64 cannot hold too. */
export function normalQuantileOfLog(logP: number): number {
  if (logP > Math.log(UNDERFLOWS)) return normalQuantile(Math.exp(logP));
  // Newton steps on ln Φ, from its leading term −z²/2.
  let z = -Math.sqrt(-2 * logP);
  for (let i = 0; i < 20; i++) {
    const value = logNormalCdf(z);
    const step = (value - logP) * Math.exp(value + (z * z) / 2 + HALF_LOG_TAU);
    z -= step;
    if (Math.abs(step) <= 1e-15 * Math.abs(z)) break;
  }
  return z;
}
