/** `1/(1 + e⁻ˣ)`, the derivative of softplus. */
export function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

/** `log(1 + eˣ)`, without overflow, and precise for very negative x. */
export function scalarSoftplus(x: number): number {
  return x > 0 ? x + Math.log1p(Math.exp(-x)) : Math.log1p(Math.exp(x));
}

/** `x/(1 + |x|/limit)`: x near 0, and never beyond ±limit. */
export function scalarSoftClip(x: number, limit: number): number {
  return x * (limit / (limit + Math.abs(x)));
}

/** Its derivative. */
export function softClipSlope(x: number, limit: number): number {
  const part = limit / (limit + Math.abs(x));
  return part * part;
}

// 2ᵏ for k = −1022 … 0.
const powersOfTwo = Float64Array.from({ length: 1023 }, (_, i) => 2 ** (i - 1022));

/**
 * `eˣ` for x ≤ 0 with a relative error below 1e-11 (0 below 1e-307), faster than `Math.exp`. With x = k·log 2 + r and
 * |r| ≤ log 2 / 2, it is 2ᵏ times the Taylor polynomial of eʳ.
 */
export function fastExp(x: number): number {
  if (x < -708) return 0;
  const k = (x * Math.LOG2E - 0.5) | 0;
  const r = x - k * Math.LN2;
  const r2 = r * r;
  const r4 = r2 * r2;
  // Estrin's scheme: short chains, which a processor computes side by side.
  const high = 1 / 24 + r * (1 / 120) + r2 * (1 / 720 + r * (1 / 5040)) + r4 * (1 / 40320 + r * (1 / 362880));
  const series = 1 + r + r2 * (1 / 2 + r * (1 / 6)) + r4 * high;
  return series * (powersOfTwo[k + 1022] as number);
}
