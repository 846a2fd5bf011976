import type { Conditioner } from "@pushforward/core";
import type * as tf from "@tensorflow/tfjs-core";
import type { GraphValue } from "../graph/graph.ts";
import type { Maths } from "../maths/maths.ts";
import { recordProgram } from "../program/record-program.ts";
import { translateProgram } from "../translate-program.ts";

/** Adds what a function makes of the outputs of a network at a context, float64 `[rows, n]`. */
export function addOutputs(
  { graph }: Maths,
  conditioner: Conditioner,
  context: GraphValue,
  of: (raw: tf.Tensor) => tf.Tensor,
): GraphValue {
  const program = recordProgram(conditioner, [[conditioner.inputSize]], ([at]) =>
    of(conditioner.apply(at as tf.Tensor)),
  );
  return graph.cast(translateProgram(graph, program, [graph.cast(context, "float32")]), "float64");
}
