import type { Bijection, ConditionalDistribution, Distribution } from "@pushforward/core";
import { lowerBijection, lowerDistribution, type PlanBuilder, type PlanMatrix } from "@pushforward/core/extend";

/** The log-density of a base pushed forward through a transform as steps of a plan: matrices whose columns sum to the log-density. */
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
