/**
 * Systematic resampling: the rows at evenly spaced points of the sum of the weights, in ascending order.
 *
 * @param offset of the points, from 0 to below 1.
 */
export function systematicRows(weights: ArrayLike<number>, count: number, offset: number): Int32Array {
  const n = weights.length;
  let total = 0;
  for (let i = 0; i < n; i++) total += weights[i] as number;
  let [row, sum] = [0, weights[0] as number];
  return new Int32Array(count).map((_, i) => {
    const target = ((i + offset) / count) * total;
    while (sum <= target && row < n - 1) sum += weights[++row] as number;
    return row;
  });
}
