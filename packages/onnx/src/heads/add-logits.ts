import type { Conditioner } from "@pushforward/core";
import type { CategoricalHead } from "@pushforward/flows/extend";
import type { GraphValue } from "../graph/graph.ts";
import type { Maths } from "../maths/maths.ts";
import { addOutputs } from "./add-outputs.ts";

/** Adds the logits of the categories of each feature, float64 `[rows, categories]`. */
export function addLogits(
  maths: Maths,
  conditioner: Conditioner,
  { categories }: CategoricalHead,
  context: GraphValue,
): readonly GraphValue[] {
  const all = addOutputs(maths, conditioner, context, (raw) => raw);
  let from = 0;
  return categories.map((count) => {
    from += count;
    return maths.columns(all, from - count, from);
  });
}
