import { type ConditionalDistribution, type Distribution, type Shape, ShapeError } from "@pushforward/core";
import {
  broadcastShapes,
  formatShape,
  lowerSample,
  type PlanBuilder,
  type PlanMatrix,
  type SampleRecipe,
  shapesEqual,
} from "@pushforward/core/extend";
import { orderByComponent } from "@pushforward/core/plain";
import { logSumExp, mixtureLogProbStep } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import type { MixtureWeights } from "./mixture-weights.ts";
import { permuteRows } from "./permute-rows.ts";

// What mixtures with and without a context share: one density of several, draws put in order, and their config.

/** The event shape of components, which must be one, and the batch shape that theirs broadcast to. */
export function mixedShapes(
  where: string,
  components: readonly Distribution[],
): { readonly batchShape: Shape; readonly eventShape: Shape } {
  const { eventShape } = components[0] as Distribution;
  let batchShape: Shape = [];
  for (const [k, component] of components.entries()) {
    if (!shapesEqual(component.eventShape, eventShape)) {
      throw new ShapeError(
        `${where}: expected event shape ${formatShape(eventShape)} in every component, got ` +
          `${formatShape(component.eventShape)} in component ${k}.`,
      );
    }
    const broadcast = broadcastShapes(batchShape, component.batchShape);
    if (broadcast === undefined) {
      throw new ShapeError(
        `${where}: expected batch shapes that broadcast with ${formatShape(batchShape)}, got ` +
          `${formatShape(component.batchShape)} in component ${k}.`,
      );
    }
    batchShape = broadcast;
  }
  return { batchShape, eventShape };
}

/** `ln Σ wₖ pₖ(x)`, in the caller's tidy; x has been checked. */
export function mixedLogProb(
  components: readonly Distribution[],
  weights: MixtureWeights,
  batchShape: Shape,
  x: tf.Tensor,
): tf.Tensor {
  const eventRank = components[0]?.eventShape.length as number;
  const shape = [...(broadcastShapes(x.shape.slice(0, x.rank - eventRank), batchShape) as Shape)];
  const logWeights = weights.logTensors();
  const terms = weights.used.map((k) => {
    const term = tf.add((components[k] as Distribution).logProb(x), logWeights[k] as tf.Tensor);
    return shapesEqual(term.shape, shape) ? term : tf.add(term, tf.zeros(shape));
  });
  return logSumExp(tf.stack(terms), 0);
}

/** The same as a step of a plan, from the matrices that `lower` gives for a component. */
export function lowerMixed(
  plan: PlanBuilder,
  weights: MixtureWeights,
  lower: (k: number) => readonly PlanMatrix[],
): readonly PlanMatrix[] {
  return [mixtureLogProbStep(plan, weights.used.map(lower), weights.forPlan())];
}

/** How samples of a mixture are made, from the recipes of its components. */
export function mixedRecipe(
  weights: MixtureWeights,
  components: readonly (Distribution | ConditionalDistribution)[],
): SampleRecipe {
  const recipes = components.map(lowerSample);
  const { columns } = recipes[0] as SampleRecipe;
  return { kind: "mixture", columns, weights: weights.logits ?? [...weights.readDrawn()], components: recipes };
}

/**
 * Draws `[choices, ...event]` of which number i is of the component `choices[i]`; each component is asked only for its
 * own, whose numbers it is given.
 */
export function mixedDraws(
  choices: Int32Array,
  eventShape: Shape,
  draw: (component: number, numbers: Int32Array) => tf.Tensor,
): tf.Tensor {
  if (choices.length === 0) return tf.zeros([0, ...eventShape]);
  const { counts, sources, targets } = orderByComponent(choices, 1 + choices.reduce((a, b) => Math.max(a, b)));
  const parts: tf.Tensor[] = [];
  let start = 0;
  for (const [k, count] of counts.entries()) {
    if (count > 0) parts.push(draw(k, targets.slice(start, start + count)));
    start += count;
  }
  return permuteRows(tf.concat(parts, 0), sources, targets);
}

/**
 * The same by tensor operations alone, for where these are written down: each used component draws for all rows.
 *
 * @param choices int32 `[rows]`.
 * @param draw `[rows, ...event]` of a component.
 */
export function tracedDraws(
  choices: tf.Tensor,
  used: readonly number[],
  draw: (component: number) => tf.Tensor,
): tf.Tensor {
  const [first, ...others] = used as [number, ...number[]];
  return others.reduce((drawn, k) => {
    const own = draw(k);
    const isOwn = tf.reshape(tf.equal(choices, tf.scalar(k, "int32")), [-1, ...own.shape.slice(1).map(() => 1)]);
    return tf.where(tf.broadcastTo(isOwn, own.shape), own, drawn);
  }, draw(first));
}
