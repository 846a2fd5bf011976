/** `log(eᵃ + eᵇ)`, −∞ where both are. */
export function logAddExp(a: number, b: number): number {
  const highest = Math.max(a, b);
  if (!Number.isFinite(highest)) return highest;
  return highest + Math.log1p(Math.exp(Math.min(a, b) - highest));
}
