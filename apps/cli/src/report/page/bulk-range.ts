/** The share of the rows beyond each end of the axis. */
const BEYOND = 0.003;

/** The range of the bulk of some numbers, with a margin; undefined where there are none. */
export function bulkRange(values: Float64Array): readonly [number, number] | undefined {
  const sorted = values.filter(Number.isFinite).sort();
  if (sorted.length === 0) return undefined;
  const at = (share: number): number => sorted[Math.round(share * (sorted.length - 1))] as number;
  const [low, high] = [at(BEYOND), at(1 - BEYOND)];
  // A constant gets a margin that float64 can tell from it.
  const margin = high > low ? 0.05 * (high - low) : Math.max(1, 1e-6 * Math.abs(low));
  return [low - margin, high + margin];
}
