import type { ConditionalDistribution, Distribution } from "@pushforward/core";
import { lowerDistribution, makePlan, type PlanMatrix, type PlanOrReason, sizeOf } from "@pushforward/core/extend";
import { sumColumnsStep } from "../steps/column-steps.ts";

/**
 * The log-density of a distribution as a plan, or the reason why it has none: events `[rows, columns]` and, for a
 * conditional one, contexts of the same rows → `[rows, 1]`.
 *
 * @param eventSize numbers in an event. Default: that of the distribution.
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
