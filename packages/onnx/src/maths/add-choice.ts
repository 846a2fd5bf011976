import type { GraphValue } from "../graph/graph.ts";
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
