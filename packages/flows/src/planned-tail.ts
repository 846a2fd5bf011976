import type { Bijection, ConditionalDistribution, Distribution, Shape } from "@pushforward/core";
import {
  currentExecutor,
  lowerBijection,
  lowerDistribution,
  type PlanBuilder,
  type PlanMatrix,
} from "@pushforward/core/extend";
import { PlanCache, planLogProb, planTask, runsPlan } from "@pushforward/ops";
import { Chain } from "@pushforward/transforms/extend";

/** A chain in two: the density comes down from the data through `head`, and through `tail` and the base by one plan. */
export interface PlannedTail {
  readonly head: Chain;
  readonly tail: Chain;
  /** The base pushed forward through the tail, as far as a plan needs it. */
  readonly distribution: Distribution;
}

/** By chain, then by base. */
const tails = new PlanCache<PlanCache<PlannedTail | null>>();

/**
 * The longest beginning of a chain whose density, with that of the base, is a plan that the running backend has the
 * kernels for; undefined where not even the first member is part of one, or all are.
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
