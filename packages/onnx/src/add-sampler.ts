import { OptionError } from "@pushforward/core";
import { isConditionalDistribution } from "@pushforward/core/extend";
import { ConditionalFlow, Flow } from "@pushforward/flows";
import { splitStandardization } from "@pushforward/flows/extend";
import { addAffine } from "./add-affine.ts";
import { type Density, distributionAt } from "./add-density.ts";
import { type Dimensions, isRows } from "./graph/dimension.ts";
import type { GraphValue } from "./graph/graph.ts";
import type { GraphBuilder } from "./graph/graph-builder.ts";
import { addHeadSampler } from "./heads/add-head-sampler.ts";
import { isHeadNetwork } from "./heads/head-network.ts";
import type { NoiseColumns, OnnxNoise } from "./noise-columns.ts";
import { recordProgram } from "./program/record-program.ts";
import { translateProgram } from "./translate-program.ts";

/**
 * Adds a sampler of rows that takes random numbers where the model draws such numbers. The standardization of a flow is undone in
 * float64.
 *
 * @param context float64 `[rows, ...context]`, for a conditional model.
 * @param use what the random numbers decide, where the file tells it.
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

/** How many numbers of a noise there are for each row. */
function columnsOf(shape: Dimensions): number {
  if (shape.filter(isRows).length !== 1) {
    throw new OptionError("exportOnnx: expected random numbers for each row, got as many for any number of rows.");
  }
  return shape.reduce<number>((product, size) => product * (isRows(size) ? size.rows : size), 1);
}
