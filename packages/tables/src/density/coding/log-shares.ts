/** The logarithms of the shares of some counts, each with half a row more, so that none is zero. */
export function logShares(counts: readonly number[]): Float64Array {
  const total = counts.reduce((sum, count) => sum + count + 0.5, 0);
  return Float64Array.from(counts, (count) => Math.log((count + 0.5) / total));
}
