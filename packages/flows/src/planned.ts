import type { Bijection, Shape, ValueAndLogDet } from "@pushforward/core";
import {
  buildPlan,
  lowerBijection,
  makePlan,
  type PlanMatrix,
  type PlanOrReason,
  type SampleRecipe,
  sizeOf,
} from "@pushforward/core/extend";
import { type PlannedInput, planned, sumColumnsStep } from "@pushforward/ops";
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
 * @param contextTransform what a context goes through before the transform sees it.
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
