import type { GraphValue } from "../graph/graph.ts";
import { addCount } from "./add-count.ts";
import { choiceBounds } from "./choice-bounds.ts";
import type { Maths } from "./maths.ts";

/**
 * The place that a number `[rows, 1]` from 0 to 1 chooses among the weights of one of several rows, as int64 `[rows, 1]`.
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
