import type { Conditioner } from "@pushforward/core";
import type { UnivariateHead } from "@pushforward/flows/extend";
import * as tf from "@tensorflow/tfjs-core";
import type { GraphValue } from "../graph/graph.ts";
import type { Maths } from "../maths/maths.ts";
import { addOutputs } from "./add-outputs.ts";
import type { HeadParameters } from "./head-density.ts";

/** Adds the parameters of the features at a context, float64 `[rows, features]`. */
export function addHeadParameters(
  maths: Maths,
  conditioner: Conditioner,
  head: UnivariateHead,
  context: GraphValue,
): HeadParameters {
  let names: readonly string[] = [];
  const all = addOutputs(maths, conditioner, context, (raw) => {
    const parameters = head.parameters(raw);
    names = Object.keys(parameters);
    return tf.concat(Object.values(parameters), 1);
  });
  const { features } = head;
  return Object.fromEntries(names.map((name, i) => [name, maths.columns(all, i * features, (i + 1) * features)]));
}
