/** The sums up to each weight but the last, as shares of all; infinite from the last weight above 0 on, behind which none is chosen. */
export function choiceBounds(weights: ArrayLike<number>): Float64Array {
  const all = Array.from(weights);
  const total = all.reduce((sum, weight) => sum + weight, 0);
  let sum = 0;
  const bounds = Float64Array.from(all, (weight) => {
    sum += weight;
    return sum / total;
  });
  for (let k = all.length - 1; k >= 0; k--) {
    bounds[k] = Number.POSITIVE_INFINITY;
    if ((all[k] as number) > 0) break;
  }
  return bounds.subarray(0, -1);
}
