import { CategoricalHead } from "@pushforward/flows/extend";
import type { Dimension } from "../graph/dimension.ts";
import type { GraphValue } from "../graph/graph.ts";
import type { GraphBuilder } from "../graph/graph-builder.ts";
import { Maths } from "../maths/maths.ts";
import { addHeadParameters } from "./add-head-parameters.ts";
import { addLogits } from "./add-logits.ts";
import { headDensities } from "./head-densities.ts";
import type { HeadDensity, HeadParameters } from "./head-density.ts";
import type { HeadNetwork } from "./head-network.ts";
import { insideOf } from "./inside-of.ts";

/**
 * Adds the log-density of the distribution of a head at a context: parameters in float32, as a network gives them, all else in
 * float64.
 *
 * @param x float64 `[rows, features]`.
 * @param context float64 `[rows, context]`.
 * @returns float64 `[rows]`.
 */
export function addHeadDensity(
  graph: GraphBuilder,
  { conditioner, head }: HeadNetwork,
  x: GraphValue,
  context: GraphValue,
): GraphValue {
  const maths = new Maths(graph);
  // Events are float32 in the library.
  const value = graph.cast(graph.cast(x, "float32"), "float64");
  const elements =
    head instanceof CategoricalHead
      ? categories(maths, value, addLogits(maths, conditioner, head, context))
      : numbers(maths, headDensities[head.distribution], value, addHeadParameters(maths, conditioner, head, context));
  // What overflows float32 is −∞.
  const sum = maths.sum(graph.cast(elements, "float32"));
  return graph.cast(graph.reshape(sum, [x.shape[0] as Dimension]), "float64");
}

function categories(maths: Maths, x: GraphValue, logits: readonly GraphValue[]): GraphValue {
  const { graph } = maths;
  return maths.beside(
    logits.map((own, i) => {
      const [place, count] = [maths.column(x, i), own.shape[1] as number];
      const isCategory = isInteger(maths, place, [0, count - 1]);
      const chosen = maths.pick(own, graph.cast(maths.where(isCategory, place, 0), "int64"));
      return kept(maths, place, isCategory, maths.sub(chosen, maths.logSumExp(own)));
    }),
  );
}

function numbers(maths: Maths, density: HeadDensity, x: GraphValue, p: HeadParameters): GraphValue {
  const { ends = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY], isDiscrete, isNothing, logProb } = density;
  if (isDiscrete) {
    const isCount = isInteger(maths, x, ends);
    return kept(maths, x, isCount, logProb(maths, maths.where(isCount, x, 0), p));
  }
  const [low, high] = insideOf(ends);
  const inner = maths.min(maths.max(x, low), high);
  const isBounded = maths.less(maths.unary("Abs", x), Number.POSITIVE_INFINITY);
  const isInside = maths.and(isBounded, maths.atMost(ends[0], x), maths.atMost(x, ends[1]));
  const isKept = isNothing === undefined ? isInside : maths.and(isInside, maths.not(isNothing(maths, x, p)));
  return kept(maths, x, isKept, logProb(maths, inner, p));
}

/** Log-probabilities where there are some, −∞ elsewhere, and NaN for NaN. */
function kept(maths: Maths, x: GraphValue, isKept: GraphValue, logProb: GraphValue): GraphValue {
  const outside = maths.where(maths.isNaN(x), x, Number.NEGATIVE_INFINITY);
  return maths.where(isKept, logProb, outside);
}

function isInteger(maths: Maths, x: GraphValue, [low, high]: readonly [number, number]): GraphValue {
  const isWhole = maths.and(
    maths.equal(x, maths.unary("Floor", x)),
    maths.less(maths.unary("Abs", x), Number.POSITIVE_INFINITY),
  );
  return maths.and(isWhole, maths.atMost(low, x), maths.atMost(x, high));
}
