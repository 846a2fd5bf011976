import type { GraphValue } from "../graph/graph-builder.ts";
import type { Maths } from "./maths.ts";

/**
 * Adds the place that a number chooses among weights, as int64 `[rows, 1]`: the first place with a cumulative weight
 * above `u·Σ w`.
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

/** Largest table for which a comparison with every entry is as fast as a search. */
const FEW = 16;

/**
 * Adds the count of entries of a rising table that are at most x, as int64 in the shape of x; 0 for NaN.
 *
 * @param x float64 `[rows, 1]`.
 */
export function addCount(maths: Maths, rising: ArrayLike<number>, x: GraphValue): GraphValue {
  const { graph } = maths;
  const n = rising.length;
  if (n === 0) return graph.cast(maths.mul(maths.fill(0, x), 0), "int64");
  if (n <= FEW) {
    const isAtMost = maths.atMost(graph.constant("float64", rising, [1, n], "table"), x);
    return maths.sum(graph.cast(isAtMost, "int64"));
  }
  // A step of each power of two is taken where the number that it leads to is at most x.
  const size = 2 ** Math.ceil(Math.log2(n + 1));
  const padded = Float64Array.from({ length: size + 1 }, (_, i) =>
    i === 0 ? Number.NEGATIVE_INFINITY : (rising[i - 1] ?? Number.NaN),
  );
  let count = graph.expand(graph.constant("int64", [0], [1, 1]), x.shape);
  for (let step = size / 2; step >= 1; step /= 2) {
    const next = maths.add(count, graph.scalar(step, "int64"));
    count = maths.where(maths.atMost(maths.lookUp(padded, next), x), next, count);
  }
  return count;
}

/** The sums up to each weight but the last, as shares of all; infinite from the last weight above 0 on, behind which none is chosen. */
function choiceBounds(weights: ArrayLike<number>): Float64Array {
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

/**
 * Adds the place that a number `[rows, 1]` from 0 to 1 chooses among weights shared by all rows, as int64 `[rows, 1]`.
 */
export function addFixedChoice(maths: Maths, weights: ArrayLike<number>, u: GraphValue): GraphValue {
  return addCount(maths, choiceBounds(weights), u);
}

/**
 * Adds the place that a number `[rows, 1]` from 0 to 1 chooses among the weights in a row of a table, as int64
 * `[rows, 1]`.
 *
 * @param row places of rows, `[rows, 1]`.
 */
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
