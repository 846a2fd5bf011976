import { type Conditioner, OptionError } from "@pushforward/core";
import { CategoricalHead, type UnivariateHead } from "@pushforward/flows/extend";
import * as tf from "@tensorflow/tfjs-core";
import type { Dimension, GraphBuilder, GraphValue } from "../graph/graph-builder.ts";
import { addChoice } from "../maths/choices.ts";
import { Maths } from "../maths/maths.ts";
import type { NoiseColumns } from "../noise-columns.ts";
import { recordProgram } from "../program/merge-recordings.ts";
import { translateProgram } from "../translate-program.ts";
import { type HeadDensity, type HeadNetwork, type HeadParameters, headDensities, insideOf } from "./heads.ts";

/** Adds the result of a function of the network outputs at a context, float64 `[rows, n]`. */
function addOutputs(
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

/** Adds the parameters of the features at a context, float64 `[rows, features]`. */
function addHeadParameters(
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

/** Adds the logits of the categories of each feature, float64 `[rows, categories]`. */
function addLogits(
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

/**
 * Adds the log-density of the distribution of a head at a context. The parameters are float32, as computed by a
 * network; all else is float64.
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

/** Returns `logProb` where `isKept` is true, −∞ elsewhere, and NaN for NaN. */
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

/** Lower bound of a uniform number. It may be 0, where several quantile functions are infinite. */
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
