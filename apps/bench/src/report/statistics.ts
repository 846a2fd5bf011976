/** The value below which a part of the others lie; the upper one of two middle values. */
export function quantile(values: readonly number[], part: number): number {
  if (values.length === 0) return Number.NaN;
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] as number;
}

/** The median; the upper one of two middle values. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}
