import type { GraphValue } from "../graph/graph.ts";
import { addCount } from "./add-count.ts";
import { choiceBounds } from "./choice-bounds.ts";
import type { Maths } from "./maths.ts";

/** The place that a number `[rows, 1]` from 0 to 1 chooses among weights that are those of all rows, as int64 `[rows, 1]`. */
export function addFixedChoice(maths: Maths, weights: ArrayLike<number>, u: GraphValue): GraphValue {
  return addCount(maths, choiceBounds(weights), u);
}
