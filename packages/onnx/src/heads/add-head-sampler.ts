import { OptionError } from "@pushforward/core";
import { CategoricalHead } from "@pushforward/flows/extend";
import type { GraphValue } from "../graph/graph.ts";
import type { GraphBuilder } from "../graph/graph-builder.ts";
import { addChoice } from "../maths/add-choice.ts";
import { Maths } from "../maths/maths.ts";
import type { NoiseColumns } from "../noise-columns.ts";
import { addHeadParameters } from "./add-head-parameters.ts";
import { addLogits } from "./add-logits.ts";
import { headDensities } from "./head-densities.ts";
import type { HeadDensity } from "./head-density.ts";
import type { HeadNetwork } from "./head-network.ts";
import { insideOf } from "./inside-of.ts";

/** A uniform number may be 0, of which many quantiles are infinite. */
const LEAST = 2 ** -54;
const MOST = 1 - 2 ** -53;

/**
 * Adds a sampler of the distribution of a head at a context: the quantiles of a uniform number for each feature.
 *
 * @param context float64 `[rows, context]`.
 * @returns float64 `[rows, features]`.
 * @throws {OptionError} the quantiles of the distribution are no arithmetic.
 */
export function addHeadSampler(
  graph: GraphBuilder,
  { conditioner, head }: HeadNetwork,
  noise: NoiseColumns,
  context: GraphValue,
): GraphValue {
  const maths = new Maths(graph);
  const uniform = (): GraphValue => maths.clip(noise.take("uniform", head.eventShape[0] as number), LEAST, MOST);
  if (head instanceof CategoricalHead) {
    const u = uniform();
    const chosen = addLogits(maths, conditioner, head, context).map((logits, i) =>
      graph.cast(addChoice(maths, maths.shares(logits), maths.column(u, i)), "float64"),
    );
    return maths.beside(chosen);
  }
  const quantile = quantileOf(head.distribution);
  const { ends, isDiscrete } = headDensities[head.distribution];
  const x = quantile(maths, uniform(), addHeadParameters(maths, conditioner, head, context));
  return ends === undefined || isDiscrete ? x : maths.clip(x, ...insideOf(ends));
}

function quantileOf(distribution: keyof typeof headDensities): NonNullable<HeadDensity["quantile"]> {
  const { quantile }: HeadDensity = headDensities[distribution];
  if (quantile !== undefined) return quantile;
  throw new OptionError(
    `exportOnnx: expected task "density" for a ${distribution} distribution, whose rows are drawn by rejection, got "sampler".`,
  );
}
