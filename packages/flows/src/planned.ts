import {
  type Bijection,
  type ConditionalDistribution,
  type Distribution,
  lowerBijection,
  makePlan,
  type PlanMatrix,
  type PlanOrReason,
  type Shape,
  sizeOf,
  type ValueAndLogDet,
} from "@pushforward/core";
import { type PlannedInput, type PlannedOutput, planLogProb, runPlan, sumColumnsStep } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";

/** Plans by what they are made of: the structure of a model never changes. */
const plans = new WeakMap<object, Map<string, PlanOrReason>>();

/** `log p(x)` by a plan; undefined where tensors must compute it. */
export function plannedLogProb(
  flow: Distribution | ConditionalDistribution,
  x: tf.Tensor,
  eventShape: Shape,
  context?: PlannedInput,
): tf.Tensor | undefined {
  const make = (): PlanOrReason => planLogProb(flow, sizeOf(eventShape));
  const outputs = run(flow, "logProb", make, { tensor: x, eventShape }, context);
  return outputs && tf.reshape(outputs.values[0] as tf.Tensor, [...outputs.batch]);
}

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
  const outputs = run(transform, "forward", make, { tensor: u, eventShape }, contextOf(transform, context));
  return outputs && asEvents(outputs.values[0] as tf.Tensor, outputs.batch, transform, eventShape);
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
  const outputs = run(transform, "forwardAndLogDet", make, { tensor: u, eventShape }, contextOf(transform, context));
  if (outputs === undefined) return undefined;
  const [x, logDet] = outputs.values as [tf.Tensor, tf.Tensor];
  return [asEvents(x, outputs.batch, transform, eventShape), tf.reshape(logDet, [...outputs.batch])];
}

function run(
  owner: object,
  name: string,
  make: () => PlanOrReason,
  x: PlannedInput,
  context: PlannedInput | undefined,
): PlannedOutput | undefined {
  const known = plans.get(owner) ?? new Map<string, PlanOrReason>();
  plans.set(owner, known);
  const key = `${name} ${x.eventShape.join(" ")}`;
  const planOf = (): PlanOrReason => {
    const plan = known.get(key) ?? make();
    known.set(key, plan);
    return plan;
  };
  return runPlan(planOf, context === undefined ? [x] : [x, context]);
}

function contextOf({ contextShape }: Bijection, tensor: tf.Tensor | undefined): PlannedInput | undefined {
  return tensor && contextShape && { tensor, eventShape: contextShape };
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
