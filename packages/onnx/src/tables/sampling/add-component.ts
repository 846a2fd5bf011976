import type { GraphValue } from "../../graph/graph.ts";
import { addChoice } from "../../maths/add-choice.ts";
import { addFixedChoice } from "../../maths/add-fixed-choice.ts";
import type { Maths } from "../../maths/maths.ts";

/**
 * Adds the component of a mixture that draws each row, int64 `[rows, 1]`.
 *
 * @param terms `[rows, components]`: what each of them, with its weight, says of given cells. Default: none are given.
 */
export function addComponent(
  maths: Maths,
  logWeights: Float64Array,
  terms: GraphValue | undefined,
  u: GraphValue,
): GraphValue {
  if (terms !== undefined) return addChoice(maths, maths.shares(terms), u);
  return addFixedChoice(maths, logWeights.map(Math.exp), u);
}
