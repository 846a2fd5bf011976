import { type ConditionalDistribution, type Distribution, type Module, OptionError } from "@pushforward/core";
import { isConditionalDistribution } from "@pushforward/core/extend";
import { ConditionalMixture, Mixture } from "@pushforward/distributions";
import { ConditionalFlow, Flow } from "@pushforward/flows";
import { splitStandardization } from "@pushforward/flows/extend";
import type * as tf from "@tensorflow/tfjs-core";
import { type Dimensions, type GraphBuilder, type GraphValue, isRows } from "./graph/graph-builder.ts";
import { addHeadDensity, addHeadSampler } from "./heads/add-heads.ts";
import { isHeadNetwork } from "./heads/heads.ts";
import { addLogSumExp } from "./maths/special-functions.ts";
import type { NoiseColumns, OnnxNoise } from "./noise-columns.ts";
import { recordProgram } from "./program/merge-recordings.ts";
import { translateProgram } from "./translate-program.ts";

/** Means and standard deviations of columns. */
interface ColumnUnits {
  readonly mean: ArrayLike<number>;
  readonly sd: ArrayLike<number>;
}

/** Adds `(x − mean)/sd` or `mean + sd·x` of each column, in float64. */
function addAffine(
  graph: GraphBuilder,
  x: GraphValue,
  { mean, sd }: ColumnUnits,
  direction: "standardize" | "restore",
): GraphValue {
  const [shift, scale] = [
    graph.constant("float64", mean, [mean.length], "mean"),
    graph.constant("float64", sd, [sd.length], "scale"),
  ];
  if (direction === "standardize") return graph.node("Div", [graph.node("Sub", [x, shift], x), scale], x);
  return graph.node("Add", [graph.node("Mul", [x, scale], x), shift], x);
}

/** A model with a density that can be a graph. */
export type Density = (Distribution | ConditionalDistribution) & Partial<Pick<Module, "parameters">>;

/**
 * Adds the log-density of rows, as computed by `logProbRows`, which undoes the standardization of a flow in float64.
 * This also applies to each flow in a mixture.
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

/**
 * Adds a sampler of rows that reads random numbers in place of the model's draws. The standardization of a flow is
 * undone in float64.
 *
 * @param context float64 `[rows, ...context]`, for a conditional model.
 * @param use role of the random numbers, if the file records it.
 * @returns float64 `[rows, ...event]`.
 */
export function addSampler(
  graph: GraphBuilder,
  model: Density,
  noise: NoiseColumns,
  context: GraphValue | undefined,
  use?: OnnxNoise,
): GraphValue {
  if (isHeadNetwork(model)) return addHeadSampler(graph, model, noise, context as GraphValue);
  const isFlow = model instanceof Flow || model instanceof ConditionalFlow;
  const split = isFlow ? splitStandardization<Flow | ConditionalFlow>(model) : undefined;
  const inner: Density = split?.inner ?? model;
  const contextUnits = split?.contextStandardization;
  const shapes = isConditionalDistribution(inner) ? [inner.contextShape] : [];
  const program = recordProgram(inner, shapes, (inputs, key, rows) =>
    distributionAt(inner, inputs[0]).sample(key, isConditionalDistribution(inner) ? [] : [rows]),
  );
  if (program.noises.length === 0) {
    throw new OptionError(
      "exportOnnx: expected a model whose samples are made of random numbers, got one that draws none.",
    );
  }
  const noises = program.noises.map(({ kind, value }) => {
    const columns = noise.take(kind, columnsOf(value.shape), use);
    return graph.reshape(graph.cast(columns, "float32"), value.shape);
  });
  const given =
    isConditionalDistribution(inner) && context !== undefined
      ? [graph.cast(contextUnits ? addAffine(graph, context, contextUnits, "standardize") : context, "float32")]
      : [];
  const x = graph.cast(translateProgram(graph, program, [...given, ...noises]), "float64");
  return split?.standardization ? addAffine(graph, x, split.standardization, "restore") : x;
}

/** Number of noise values per row. */
function columnsOf(shape: Dimensions): number {
  if (shape.filter(isRows).length !== 1) {
    throw new OptionError("exportOnnx: expected random numbers for each row, got as many for any number of rows.");
  }
  return shape.reduce<number>((product, size) => product * (isRows(size) ? size.rows : size), 1);
}
