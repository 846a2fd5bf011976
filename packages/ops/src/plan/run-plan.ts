import type { Shape } from "@pushforward/core";
import {
  broadcastShapes,
  currentExecutor,
  currentTraining,
  type Plan,
  type PlanOrReason,
  shapesEqual,
  sizeOf,
} from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";

/** Events `[...batch, ...event]`. */
export interface PlannedInput {
  readonly tensor: tf.Tensor;
  readonly eventShape: Shape;
}

/** What a plan made of events. */
export interface PlannedOutput {
  /** By output of the plan: a row for each event, `[rows, columns]`. */
  readonly values: readonly tf.Tensor[];
  /** The batch axes of the rows. */
  readonly batch: Shape;
}

/**
 * Computes something of a model by a plan; undefined where tensors must compute it: the running backend has no kernels
 * for it, there is nothing to compute, or the shapes do not fit. On the tape of tfjs it is one operation, with gradients.
 *
 * @param planOf the plan, asked for where one can run.
 * @param inputs the events and, if there is one, the context; their batch axes broadcast.
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

/** Whether the running backend has the kernels for a plan and, on the tape, for its gradient. */
export function runsPlan(plan: Plan): boolean {
  const executor = currentExecutor();
  return executor !== undefined && executor.refusal(plan, planTask()) === undefined;
}

/** What plans do now: on the tape they are trained. */
export function planTask(): "run" | "train" {
  return tf.engine().isTapeOn() ? "train" : "run";
}

function batchOf({ tensor, eventShape }: PlannedInput): Shape {
  return tensor.shape.slice(0, tensor.rank - eventShape.length);
}
