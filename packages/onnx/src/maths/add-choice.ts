import type { GraphValue } from "../graph/graph.ts";
import { addCount } from "./add-count.ts";
import type { Maths } from "./maths.ts";

/**
 * The place that a number chooses among weights, as int64 `[rows, 1]`: the first of which `u·Σ w` is below the sum of the weights
 * up to it.
 *
 * @param weights float64 `[rows, n]`, not negative.
 * @param u float64 `[rows, 1]`, from 0 to 1.
 */
export function addChoice(maths: Maths, weights: GraphValue, u: GraphValue): GraphValue {
  const count = weights.shape[1] as number;
  const sums = maths.cumulated(weights);
  const goal = maths.mul(maths.column(sums, count - 1), u);
  // All sums but the last, which is never reached.
  const isPassed = maths.atMost(maths.columns(sums, 0, count - 1), goal);
  return maths.sum(maths.graph.cast(isPassed, "int64"));
}

/** The same among weights that are those of all rows. */
export function addFixedChoice(maths: Maths, weights: ArrayLike<number>, u: GraphValue): GraphValue {
  return addCount(maths, choiceBounds(weights), u);
}

/** The same among weights of rows of a matrix `[n, weights]`, of which a place `[rows, 1]` chooses one. */
export function addTableChoice(
  maths: Maths,
  weights: readonly ArrayLike<number>[],
  row: GraphValue,
  u: GraphValue,
): GraphValue {
  const bounds = weights.map(choiceBounds);
  const width = (bounds[0] as Float64Array).length;
  if (width === 0) return addCount(maths, [], u);
  const table = Float64Array.from(bounds.flatMap((one) => [...one]));
  return maths.sum(maths.graph.cast(maths.atMost(maths.rowsOf(table, width, row), u), "int64"));
}

/** The sums up to each weight but the last, as shares of all; none is chosen behind the last weight above 0. */
function choiceBounds(weights: ArrayLike<number>): Float64Array {
  const all = Array.from(weights);
  const total = all.reduce((sum, weight) => sum + weight, 0);
  let sum = 0;
  const bounds = Float64Array.from(all, (weight) => (sum += weight) / total);
  for (let k = all.length - 1; k >= 0; k--) {
    bounds[k] = 1;
    if ((all[k] as number) > 0) break;
  }
  return bounds.subarray(0, -1);
}
