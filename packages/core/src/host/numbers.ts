// Arithmetic on numbers in float64 that several packages share. Sums of exponentials are taken relative to the largest one.

/** A quantile of sorted numbers, linear between order statistics (the default of NumPy); NaN of none. */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  if (sorted.length === 0) return Number.NaN;
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const [a, b] = [sorted[below] as number, sorted[Math.min(below + 1, sorted.length - 1)] as number];
  // Two infinities have no difference.
  return a === b || place === below ? a : a + (place - below) * (b - a);
}

/** `log Σ exp xᵢ`: −∞ where all are, ∞ where one is, and NaN where one is. */
export function logSumExp(values: ArrayLike<number>): number {
  let highest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) highest = Math.max(highest, values[i] as number);
  if (!Number.isFinite(highest)) return highest;
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += Math.exp((values[i] as number) - highest);
  return highest + Math.log(sum);
}

/** `log(eᵃ + eᵇ)`, −∞ where both are. */
export function logAddExp(a: number, b: number): number {
  const highest = Math.max(a, b);
  if (!Number.isFinite(highest)) return highest;
  return highest + Math.log1p(Math.exp(Math.min(a, b) - highest));
}

/** Numbers in proportion to the exponentials of logits, with sum 1. */
export function softmax(logits: ArrayLike<number>): Float64Array {
  let highest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < logits.length; i++) highest = Math.max(highest, logits[i] as number);
  const shares = new Float64Array(logits.length);
  let total = 0;
  for (let i = 0; i < shares.length; i++) {
    const share = Math.exp((logits[i] as number) - highest);
    shares[i] = share;
    total += share;
  }
  for (let i = 0; i < shares.length; i++) shares[i] = (shares[i] as number) / total;
  return shares;
}
