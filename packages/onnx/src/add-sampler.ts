import { isConditionalDistribution, OptionError } from "@pushforward/core";
import { ConditionalFlow, Flow, splitStandardization } from "@pushforward/flows";
import { addAffine } from "./add-affine.ts";
import { type Density, distributionAt } from "./add-density.ts";
import { type Dimensions, isRows } from "./graph/dimension.ts";
import type { GraphValue } from "./graph/graph.ts";
import type { GraphBuilder } from "./graph/graph-builder.ts";
import type { NoiseKind } from "./program/noise-kind.ts";
import type { ProgramNoise } from "./program/program.ts";
import { recordProgram } from "./program/record-program.ts";
import { translateProgram } from "./translate-program.ts";

const KINDS = ["normal", "uniform"] as const;

/**
 * Adds a sampler of rows, with the random numbers of a row as inputs: float64 `normal` `[rows, n]` from N(0, 1) and `uniform`
 * `[rows, m]` from [0, 1), each where the model draws such numbers. The standardization of a flow is undone in float64.
 *
 * @param contextOf makes the input of the context, for a conditional model.
 * @returns float64 `[rows, ...event]`.
 */
export function addSampler(graph: GraphBuilder, model: Density, contextOf: () => GraphValue | undefined): GraphValue {
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
  const noises = noiseInputs(graph, program.noises);
  const raw = contextOf();
  const context = raw && graph.cast(contextUnits ? addAffine(graph, raw, contextUnits, "standardize") : raw, "float32");
  const inputs = [...(context === undefined ? [] : [context]), ...noises];
  const x = graph.cast(translateProgram(graph, program, inputs), "float64");
  return split?.standardization ? addAffine(graph, x, split.standardization, "restore") : x;
}

/** The noises of a program as columns of one input for each kind. */
function noiseInputs(graph: GraphBuilder, noises: readonly ProgramNoise[]): readonly GraphValue[] {
  const inputs = new Map<NoiseKind, GraphValue>();
  for (const kind of KINDS) {
    const columns = noises.reduce((sum, one) => sum + (one.kind === kind ? columnsOf(one.value.shape) : 0), 0);
    if (columns > 0) inputs.set(kind, graph.input(kind, { shape: [{ rows: 1 }, columns], type: "float64" }));
  }
  const used = new Map<NoiseKind, number>();
  return noises.map(({ kind, value }) => {
    const input = graph.cast(inputs.get(kind) as GraphValue, "float32");
    const from = used.get(kind) ?? 0;
    const to = from + columnsOf(value.shape);
    used.set(kind, to);
    const all = input.shape[1] as number;
    const columns =
      from === 0 && to === all
        ? input
        : graph.node("Slice", [input, graph.integers([from]), graph.integers([to]), graph.integers([1])], {
            shape: [{ rows: 1 }, to - from],
            type: "float32",
          });
    return graph.reshape(columns, value.shape);
  });
}

/** How many numbers of a noise there are for each row. */
function columnsOf(shape: Dimensions): number {
  if (shape.filter(isRows).length !== 1) {
    throw new OptionError("exportOnnx: expected random numbers for each row, got as many for any number of rows.");
  }
  return shape.reduce<number>((product, size) => product * (isRows(size) ? size.rows : size), 1);
}
