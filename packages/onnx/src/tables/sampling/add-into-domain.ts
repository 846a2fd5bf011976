import type { NumberCoding } from "@pushforward/tables/extend";
import type { GraphValue } from "../../graph/graph.ts";
import type { Maths } from "../../maths/maths.ts";

/** Numbers in the domain of their column: what rounding has moved beyond an end is that end, and of a circle its beginning. */
export function addIntoDomain(maths: Maths, domain: NumberCoding["options"]["domain"], x: GraphValue): GraphValue {
  if (domain === undefined) return x;
  const { low, high, isCircular } = domain;
  const above = maths.max(x, low);
  if (high === undefined) return above;
  return isCircular ? maths.where(maths.less(above, high), above, low) : maths.min(above, high);
}
