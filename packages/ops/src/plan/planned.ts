import type { ConditionalDistribution, Distribution } from "@pushforward/core";
import { type PlanOrReason, sizeOf } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";
import { PlanCache, type PlanKey } from "./plan-cache.ts";
import { planLogProb } from "./plan-log-prob.ts";
import { type PlannedInput, type PlannedOutput, runPlan } from "./run-plan.ts";

const plans = new PlanCache<PlanOrReason>();

/**
 * Computes something of a model by a plan, which is made once: {@link runPlan}. Undefined where tensors must compute it.
 *
 * @param key what the plan is for, with all that it depends on beside the model.
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
