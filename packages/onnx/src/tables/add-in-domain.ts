import type { NumberCoding } from "@pushforward/tables";
import type { GraphValue } from "../graph/graph.ts";
import type { Maths } from "../maths/maths.ts";

/** Whether numbers are some that their column can have; undefined where all are. */
export function addInDomain(
  maths: Maths,
  domain: NumberCoding["options"]["domain"],
  x: GraphValue,
): GraphValue | undefined {
  if (domain === undefined) return undefined;
  const { low, high = Number.POSITIVE_INFINITY, isCircular } = domain;
  return maths.and(maths.atMost(low, x), isCircular ? maths.less(x, high) : maths.atMost(x, high));
}
