import { normalQuantile } from "../key.ts";

// The standard normal distribution in float64, with full relative precision in both tails.
const HALF_LOG_TAU = 0.5 * Math.log(2 * Math.PI);
/** Below this probability the quantile is found from its logarithm. */
const UNDERFLOWS = 1e-300;

/** Up to the first number the error function is approximated, up to the second `exp(y²) erfc(y)`. */
const NEAR = 0.46875;
const FAR = 4;

/**
 * `P(Z > x)/φ(x)` of a standard normal for x ≥ 0, to a relative error of 1e-14, by rational approximations (Cody,
 * Rational Chebyshev approximations for the error function, 1969).
 * @example
 * millsRatio(0); // → Math.sqrt(Math.PI / 2)
 */
export function millsRatio(x: number): number {
  const y = x * Math.SQRT1_2;
  const scaled = y <= NEAR ? Math.exp(y * y) * (1 - erf(y)) : scaledErfc(y);
  return Math.sqrt(Math.PI / 2) * scaled;
}

/** P(Z > z) of a standard normal, to a relative error of 1e-13, by the formulas of {@link millsRatio}. */
export function normalTail(z: number): number {
  const y = Math.abs(z) * Math.SQRT1_2;
  const beyond = y <= NEAR ? (1 - erf(y)) / 2 : (Math.exp(-(z * z) / 2) * scaledErfc(y)) / 2;
  return z > 0 ? beyond : 1 - beyond;
}

/** The error function, for y up to {@link NEAR}. */
function erf(y: number): number {
  const t = y * y;
  const over =
    (((0.18577770618460315 * t + 3.1611237438705655) * t + 113.86415415105016) * t + 377.485237685302) * t +
    3209.3775891384694;
  const under = (((t + 23.601290952344122) * t + 244.02463793444417) * t + 1282.6165260773723) * t + 2844.236833439171;
  return (y * over) / under;
}

/** `exp(y²) erfc(y)`, for y from {@link NEAR}. */
function scaledErfc(y: number): number {
  if (y > FAR) return farErfc(y);
  const over =
    (((((((2.1531153547440383e-8 * y + 0.5641884969886701) * y + 8.883149794388377) * y + 66.11919063714163) * y +
      298.6351381974001) *
      y +
      881.952221241769) *
      y +
      1712.0476126340707) *
      y +
      2051.0783778260716) *
      y +
    1230.3393547979972;
  const under =
    (((((((y + 15.744926110709835) * y + 117.6939508913125) * y + 537.1811018620099) * y + 1621.3895745666903) * y +
      3290.7992357334597) *
      y +
      4362.619090143247) *
      y +
      3439.3676741437216) *
      y +
    1230.3393548037495;
  return over / under;
}

/** `exp(y²) erfc(y)`, for y from {@link FAR}. */
function farErfc(y: number): number {
  const t = 1 / (y * y);
  const over =
    ((((0.016315387137302097 * t + 0.30532663496123236) * t + 0.36034489994980445) * t + 0.12578172611122926) * t +
      0.016083785148742275) *
      t +
    0.0006587491615298378;
  const under =
    ((((t + 2.568520192289822) * t + 1.8729528499234673) * t + 0.5279051029514285) * t + 0.06051834131244132) * t +
    0.0023352049762686918;
  return (1 / Math.sqrt(Math.PI) - (t * over) / under) / y;
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
