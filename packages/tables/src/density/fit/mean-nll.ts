/** The mean negative log-probability of some rows. */
export function meanNll(logProb: Float64Array): number {
  return -logProb.reduce((sum, value) => sum + value / logProb.length, 0);
}
