import type { ConditionalDistribution, Distribution, Module } from "@pushforward/core";
import { isConditionalDistribution } from "@pushforward/core/extend";
import { ConditionalMixture, Mixture } from "@pushforward/distributions";
import { ConditionalFlow, Flow } from "@pushforward/flows";
import { splitStandardization } from "@pushforward/flows/extend";
import type * as tf from "@tensorflow/tfjs-core";
import { addAffine } from "./add-affine.ts";
import { addLogSumExp } from "./add-log-sum-exp.ts";
import type { GraphValue } from "./graph/graph.ts";
import type { GraphBuilder } from "./graph/graph-builder.ts";
import { addHeadDensity } from "./heads/add-head-density.ts";
import { isHeadNetwork } from "./heads/head-network.ts";
import { recordProgram } from "./program/record-program.ts";
import { translateProgram } from "./translate-program.ts";

/** A model whose density can be a graph. */
export type Density = (Distribution | ConditionalDistribution) & Partial<Pick<Module, "parameters">>;

/**
 * Adds the log-density of rows: that of `logProbRows`, which undoes the standardization of a flow in float64, and that of
 * each flow in a mixture too.
 *
 * @param x float64 `[rows, ...event]`.
 * @param context float64 `[rows, ...context]`, for a conditional model.
 * @returns float64 `[rows]`.
 */
export function addDensity(
  graph: GraphBuilder,
  model: Density,
  x: GraphValue,
  context: GraphValue | undefined,
): GraphValue {
  if (model instanceof Mixture || model instanceof ConditionalMixture) {
    const terms = Array.from(model.weights, (weight, k) => ({ weight, component: model.components[k] as Density }))
      .filter(({ weight }) => weight > 0)
      .map(({ weight, component }) => {
        const logProb = addDensity(graph, component, x, context);
        return graph.node("Add", [logProb, graph.scalar(Math.log(weight), "float64")], logProb);
      });
    return addLogSumExp(graph, terms);
  }
  if (isHeadNetwork(model)) return addHeadDensity(graph, model, x, context as GraphValue);
  const isFlow = model instanceof Flow || model instanceof ConditionalFlow;
  const split = isFlow ? splitStandardization<Flow | ConditionalFlow>(model) : undefined;
  const inner: Density = split?.inner ?? model;
  const units = split?.standardization;
  const contextUnits = split?.contextStandardization;
  const isConditional = isConditionalDistribution(inner);
  const value = graph.cast(units ? addAffine(graph, x, units, "standardize") : x, "float32");
  const given =
    isConditional && context !== undefined
      ? [graph.cast(contextUnits ? addAffine(graph, context, contextUnits, "standardize") : context, "float32")]
      : [];
  const inputs = [value, ...given];
  const program = recordProgram(
    inner,
    inputs.map(({ shape }) => shape.slice(1) as readonly number[]),
    ([rows, at]) => distributionAt(inner, at).logProb(rows as tf.Tensor),
  );
  const logProb = graph.cast(translateProgram(graph, program, inputs), "float64");
  let logVolume = 0;
  for (const sd of Array.from(units?.sd ?? [])) logVolume += Math.log(Math.abs(sd));
  return logVolume === 0 ? logProb : graph.node("Sub", [logProb, graph.scalar(logVolume, "float64")], logProb);
}

/** The distribution itself, or that at a context. */
export function distributionAt(model: Density, context: tf.Tensor | undefined): Distribution {
  return isConditionalDistribution(model) ? model.given(context as tf.Tensor) : model;
}
