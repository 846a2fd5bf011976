import {
  type Bijection,
  broadcastShapes,
  type ConditionalDistribution,
  currentExecutor,
  type Distribution,
  lowerBijection,
  makePlan,
  type PlanMatrix,
  type PlanOrReason,
  type Shape,
  shapesEqual,
  sizeOf,
  type ValueAndLogDet,
} from "@pushforward/core";
import { planLogProb, sumColumnsStep } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";

/** Plans by what they are made of: the structure of a model never changes. */
const plans = new WeakMap<object, Map<string, PlanOrReason>>();

/** `log p(x)` by a plan; undefined where tensors must compute it. */
export function plannedLogProb(
  flow: Distribution | ConditionalDistribution,
  x: tf.Tensor,
  eventShape: Shape,
  context?: RowsOf,
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

/** Rows `[...batch, ...event]`. */
export interface RowsOf {
  readonly tensor: tf.Tensor;
  readonly eventShape: Shape;
}

function contextOf({ contextShape }: Bijection, tensor: tf.Tensor | undefined): RowsOf | undefined {
  return tensor && contextShape && { tensor, eventShape: contextShape };
}

function columnsOf({ contextShape }: Bijection, eventShape: Shape): number[] {
  return [sizeOf(eventShape), ...(contextShape === undefined ? [] : [sizeOf(contextShape)])];
}

/** Rows as the events that a transform makes of events of `eventShape`. */
function asEvents(rows: tf.Tensor, batch: Shape, transform: Bijection, eventShape: Shape): tf.Tensor {
  const extra = eventShape.length - transform.eventRankIn;
  const event = transform.forwardShape(eventShape.slice(extra));
  return tf.reshape(rows, [...batch, ...eventShape.slice(0, extra), ...event]);
}

function run(
  owner: object,
  name: string,
  make: () => PlanOrReason,
  x: RowsOf,
  context: RowsOf | undefined,
): { readonly values: tf.Tensor[]; readonly batch: Shape } | undefined {
  const all = context === undefined ? [x] : [x, context];
  // A plan has no place on the tape of somebody else's gradient.
  if (tf.engine().isTapeOn() || all.some(({ tensor }) => tensor.dtype !== "float32")) return undefined;
  const executor = currentExecutor();
  if (executor === undefined) return undefined;
  const batch = all.map(batchOf).reduce((a, b) => broadcastShapes(a, b) ?? [0]);
  // Nothing to compute, or shapes that do not fit: tensors know how to say so.
  const rows = sizeOf(batch);
  if (rows === 0) return undefined;
  const known = plans.get(owner) ?? new Map<string, PlanOrReason>();
  plans.set(owner, known);
  const key = `${name} ${x.eventShape.join(" ")}`;
  const made = known.get(key) ?? make();
  known.set(key, made);
  if (made.plan === undefined || executor.refusal(made.plan, "run") !== undefined) return undefined;
  const inputs = all.map((part) => {
    const { tensor, eventShape } = part;
    const isWhole = shapesEqual(batchOf(part), batch);
    const whole = isWhole ? tensor : tf.broadcastTo(tensor, [...batch, ...eventShape]);
    return tf.reshape(whole, [rows, sizeOf(eventShape)]);
  });
  return { values: executor.run(made.plan, inputs), batch };
}

function batchOf({ tensor, eventShape }: RowsOf): Shape {
  return tensor.shape.slice(0, tensor.rank - eventShape.length);
}
