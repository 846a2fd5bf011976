import type { ConditionalDistribution, Distribution, Shape } from "@pushforward/core";
import {
  broadcastShapes,
  currentExecutor,
  currentTraining,
  lowerDistribution,
  makePlan,
  type Plan,
  type PlanMatrix,
  type PlanOrReason,
  shapesEqual,
  sizeOf,
} from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";
import { sumColumnsStep } from "../steps/column-steps.ts";

/** Key of a plan in addition to the model: names and numbers. */
type PlanKey = readonly (string | number)[];

/**
 * Plans, and results about plans, keyed by the model and the plan key. The structure of a model never changes. When a
 * model is garbage-collected, so are its plans.
 */
export class PlanCache<Made> {
  private readonly models = new WeakMap<object, Map<string, Made>>();

  /** Returns the entry of a model and a key, and makes it on first use. */
  get(model: object, key: PlanKey, make: () => Made): Made {
    const ofModel = this.models.get(model) ?? new Map<string, Made>();
    this.models.set(model, ofModel);
    // No name has a space.
    const name = key.join(" ");
    const known = ofModel.get(name);
    if (known !== undefined) return known;
    const made = make();
    ofModel.set(name, made);
    return made;
  }
}

const plans = new PlanCache<PlanOrReason>();

/**
 * Computes a function of a model by a plan, which is made once: {@link runPlan}. Returns undefined if tensors must
 * compute the function.
 *
 * @param key purpose of the plan, with all dependencies except the model.
 */
export function planned(
  model: object,
  key: PlanKey,
  make: () => PlanOrReason,
  inputs: readonly PlannedInput[],
): PlannedOutput | undefined {
  return runPlan(() => plans.get(model, key, make), inputs);
}

/**
 * `log p(x)`, or with a context `log p(x | context)`, by a plan, with the batch axes of both; undefined where tensors must
 * compute it.
 *
 * @example
 * // Undefined where tensors must compute it.
 * const logProb = plannedLogProb(flow, { tensor: tf.zeros([5, 2]), eventShape: [2] });
 * logProb?.shape; // → [5]
 */
export function plannedLogProb(
  distribution: Distribution | ConditionalDistribution,
  x: PlannedInput,
  context?: PlannedInput,
): tf.Tensor | undefined {
  const size = sizeOf(x.eventShape);
  const inputs = context === undefined ? [x] : [x, context];
  const outputs = planned(distribution, ["logProb", size], () => planLogProb(distribution, size), inputs);
  return outputs && tf.reshape(outputs.values[0] as tf.Tensor, [...outputs.batch]);
}

/** Events `[...batch, ...event]`. */
export interface PlannedInput {
  readonly tensor: tf.Tensor;
  readonly eventShape: Shape;
}

/** Output of a plan for events. */
export interface PlannedOutput {
  /** By output of the plan: a row for each event, `[rows, columns]`. */
  readonly values: readonly tf.Tensor[];
  /** The batch axes of the rows. */
  readonly batch: Shape;
}

/**
 * Computes a function of a model by a plan. Returns undefined if tensors must compute it: the running backend has no
 * kernels for the plan, the input is empty, or the shapes do not fit. On the tape of tfjs the plan is one operation,
 * with gradients.
 *
 * @param planOf returns the plan; called only if a plan can run.
 * @param inputs the events and, if the model is conditional, the context; their batch axes broadcast.
 */
export function runPlan(planOf: () => PlanOrReason, inputs: readonly PlannedInput[]): PlannedOutput | undefined {
  const executor = currentExecutor();
  if (executor === undefined || inputs.some(({ tensor }) => tensor.dtype !== "float32")) return undefined;
  const engine = tf.engine();
  const isOnTape = engine.isTapeOn();
  // Derivatives of derivatives go through tensors: the gradient of a plan has none.
  if (isOnTape && engine.state.gradientDepth > 1) return undefined;
  // So does a step of training of which no gradient is taken: without one, nothing in a plan is random.
  if (!isOnTape && currentTraining() !== undefined) return undefined;
  const batch = inputs.map(batchOf).reduce((a, b) => broadcastShapes(a, b) ?? [0]);
  const rows = sizeOf(batch);
  if (rows === 0) return undefined;
  const { plan } = planOf();
  if (plan === undefined || !runsPlan(plan)) return undefined;
  const matrices = inputs.map((input) => {
    const isWhole = shapesEqual(batchOf(input), batch);
    const whole = isWhole ? input.tensor : tf.broadcastTo(input.tensor, [...batch, ...input.eventShape]);
    // A reshape costs as much as a small operation.
    return input.eventShape.length === 1 && whole.rank === 2
      ? whole
      : tf.reshape(whole, [rows, sizeOf(input.eventShape)]);
  });
  const values = isOnTape ? executor.runOnTape(plan, matrices) : executor.run(plan, matrices);
  return values && { values, batch };
}

/**
 * Computes a plan without tensors. Returns undefined if tensors must compute it: the running backend has no kernels for the
 * plan, there are no rows, or gradients are recorded.
 *
 * @param planOf returns the plan; called only if a plan can run.
 * @param inputs of the plan, each `[rows, columns]`.
 */
export function runPlanOnArrays(
  planOf: () => PlanOrReason,
  inputs: readonly Float32Array[],
  rows: number,
): Float32Array[] | undefined {
  const executor = currentExecutor();
  if (executor === undefined || rows === 0 || tf.engine().isTapeOn() || currentTraining() !== undefined)
    return undefined;
  const { plan } = planOf();
  return plan !== undefined && runsPlan(plan) ? executor.runOnArrays(plan, inputs, rows) : undefined;
}

/** `true` if the running backend has the kernels for a plan and, on the tape, for its gradient. */
export function runsPlan(plan: Plan): boolean {
  const executor = currentExecutor();
  return executor !== undefined && executor.refusal(plan, planTask()) === undefined;
}

/** Current task of plans: plans on the tape are trained. */
export function planTask(): "run" | "train" {
  return tf.engine().isTapeOn() ? "train" : "run";
}

function batchOf({ tensor, eventShape }: PlannedInput): Shape {
  return tensor.shape.slice(0, tensor.rank - eventShape.length);
}

/**
 * Returns the log-density of a distribution as a plan, or the reason why it has none: events `[rows, columns]` and, for
 * a conditional distribution, contexts of the same rows → `[rows, 1]`.
 *
 * @param eventSize numbers in an event. Default: the event size of the distribution.
 * @example
 * planLogProb(maf({ features: 2, key })).reason; // → undefined
 * // No reason against it: fit and logProb run as a plan.
 */
export function planLogProb(
  distribution: Distribution | ConditionalDistribution,
  eventSize: number = sizeOf((distribution as Distribution).eventShape),
): PlanOrReason {
  const context = "contextShape" in distribution ? [sizeOf(distribution.contextShape)] : [];
  if (context.length === 0 && (distribution as Distribution).batchShape.length > 0) {
    return { reason: "the distribution has batch axes" };
  }
  return makePlan([eventSize, ...context], (plan, [x, given]) => [
    sumColumnsStep(plan, lowerDistribution(distribution, plan, x as PlanMatrix, given)),
  ]);
}
