import type { Bijection, ConditionalDistribution, Distribution, Shape, ValueAndLogDet } from "@pushforward/core";
import {
  buildPlan,
  currentExecutor,
  lowerBijection,
  lowerDistribution,
  makePlan,
  type PlanBuilder,
  type PlanMatrix,
  type PlanOrReason,
  type SampleRecipe,
  sizeOf,
} from "@pushforward/core/extend";
import {
  PlanCache,
  type PlannedInput,
  planLogProb,
  planned,
  planTask,
  runsPlan,
  sumColumnsStep,
} from "@pushforward/ops";
import { Chain } from "@pushforward/transforms/extend";
import * as tf from "@tensorflow/tfjs-core";

/** `x = T(u)` by a plan; undefined where tensors must compute it. */
export function plannedForward(
  transform: Bijection,
  u: tf.Tensor,
  eventShape: Shape,
  context: tf.Tensor | undefined,
): tf.Tensor | undefined {
  const make = (): PlanOrReason =>
    makePlan(columnsOf(transform, eventShape), (plan, [value, given]) => [
      lowerBijection(transform, plan, "forward", value as PlanMatrix, given).value,
    ]);
  const inputs = inputsOf(transform, u, eventShape, context);
  const outputs = planned(transform, ["forward", sizeOf(eventShape)], make, inputs);
  return outputs && asEvents(outputs.values[0] as tf.Tensor, outputs.batch, transform, eventShape);
}

/**
 * How samples of a base pushed forward through a transform are made, from the recipe of the base.
 *
 * @param contextTransform applied to the context before the transform.
 */
export function pushedRecipe(
  base: SampleRecipe,
  transform: Bijection,
  contextTransform?: Bijection | undefined,
): SampleRecipe {
  const { contextShape } = transform;
  const contextColumns =
    contextShape === undefined ? [] : [sizeOf(contextTransform?.inverseShape(contextShape) ?? contextShape)];
  const plan = buildPlan([base.columns, ...contextColumns], (builder, [value, raw]) => {
    const given = raw && contextTransform ? lowerBijection(contextTransform, builder, "forward", raw).value : raw;
    return [lowerBijection(transform, builder, "forward", value as PlanMatrix, given).value];
  });
  return { kind: "pushed", columns: plan.columns[plan.outputs[0] as number] as number, base, plan };
}

/** `T(u)` and `log|det ∂T/∂u|`, one number an event of `eventShape`, by a plan. */
export function plannedForwardAndLogDet(
  transform: Bijection,
  u: tf.Tensor,
  eventShape: Shape,
  context: tf.Tensor | undefined,
): ValueAndLogDet | undefined {
  const make = (): PlanOrReason =>
    makePlan(columnsOf(transform, eventShape), (plan, [value, given]) => {
      const { value: x, logDets } = lowerBijection(transform, plan, "forward", value as PlanMatrix, given);
      return [x, sumColumnsStep(plan, logDets)];
    });
  const inputs = inputsOf(transform, u, eventShape, context);
  const outputs = planned(transform, ["forwardAndLogDet", sizeOf(eventShape)], make, inputs);
  if (outputs === undefined) return undefined;
  const [x, logDet] = outputs.values as [tf.Tensor, tf.Tensor];
  return [asEvents(x, outputs.batch, transform, eventShape), tf.reshape(logDet, [...outputs.batch])];
}

function inputsOf(
  { contextShape }: Bijection,
  u: tf.Tensor,
  eventShape: Shape,
  context: tf.Tensor | undefined,
): readonly PlannedInput[] {
  const value = { tensor: u, eventShape };
  return context && contextShape ? [value, { tensor: context, eventShape: contextShape }] : [value];
}

function columnsOf({ contextShape }: Bijection, eventShape: Shape): number[] {
  return [sizeOf(eventShape), ...(contextShape === undefined ? [] : [sizeOf(contextShape)])];
}

/** Rows as the events that a transform makes of events of `eventShape`. */
function asEvents(rows: tf.Tensor, batch: Shape, transform: Bijection, eventShape: Shape): tf.Tensor {
  const extra = eventShape.length - transform.eventRankIn;
  const event = transform.forwardShape(eventShape.slice(extra));
  const shape = [...batch, ...eventShape.slice(0, extra), ...event];
  return shape.length === 2 ? rows : tf.reshape(rows, shape);
}

/**
 * A chain in two parts. The density is computed from the data through `head`, and then by one plan through `tail` and
 * the base.
 */
export interface PlannedTail {
  readonly head: Chain;
  readonly tail: Chain;
  /** The base pushed forward through the tail, with the members that a plan needs. */
  readonly distribution: Distribution;
}

/** By chain, then by base. */
const tails = new PlanCache<PlanCache<PlannedTail | null>>();

/**
 * The longest prefix of a chain with a plan, together with the base, on the active backend; undefined if even the first member
 * has no plan, or all have.
 *
 * @param shapeOf the event shape of the base pushed forward through a chain.
 */
export function plannedTail(
  base: Distribution,
  transform: Bijection,
  shapeOf: (chain: Chain) => Shape,
): PlannedTail | undefined {
  if (currentExecutor() === undefined || !(transform instanceof Chain) || transform.contextShape !== undefined) {
    return undefined;
  }
  const ofChain = tails.get(transform, [], () => new PlanCache());
  return ofChain.get(base, [planTask()], () => longestTail(base, transform, shapeOf)) ?? undefined;
}

function longestTail(base: Distribution, { layers }: Chain, shapeOf: (chain: Chain) => Shape): PlannedTail | null {
  for (let count = layers.length - 1; count > 0; count--) {
    const tail = new Chain(layers.slice(0, count));
    const distribution = pushed(base, tail, shapeOf(tail));
    const { plan } = planLogProb(distribution);
    if (plan !== undefined && runsPlan(plan)) return { head: new Chain(layers.slice(count)), tail, distribution };
  }
  return null;
}

function pushed(base: Distribution, tail: Chain, eventShape: Shape): Distribution {
  const distribution: Pick<Distribution, "batchShape" | "eventShape" | "lower"> = {
    batchShape: base.batchShape,
    eventShape,
    lower: (plan: PlanBuilder, value: PlanMatrix) => lowerPushed(plan, base, tail, value, undefined),
  };
  return distribution as Distribution;
}

/**
 * The log-density of a base pushed forward through a transform as steps of a plan: matrices with columns that sum to
 * the log-density.
 */
export function lowerPushed(
  plan: PlanBuilder,
  base: Distribution | ConditionalDistribution,
  transform: Bijection,
  value: PlanMatrix,
  context: PlanMatrix | undefined,
): readonly PlanMatrix[] {
  const { value: u, logDets } = lowerBijection(transform, plan, "inverse", value, context);
  return [...logDets, ...lowerDistribution(base, plan, u, context)];
}
