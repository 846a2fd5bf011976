/** The logarithms of the shares of some counts, each with half a row more, so that none is zero. */
export function logShares(counts: readonly number[]): Float64Array {
  const total = counts.reduce((sum, count) => sum + count + 0.5, 0);
  return Float64Array.from(counts, (count) => Math.log((count + 0.5) / total));
}

/** `log(eᵃ + eᵇ)`, −∞ where both are. */
export function logAddExp(a: number, b: number): number {
  const highest = Math.max(a, b);
  if (!Number.isFinite(highest)) return highest;
  return highest + Math.log1p(Math.exp(Math.min(a, b) - highest));
}
