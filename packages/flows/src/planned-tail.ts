import {
  type Bijection,
  currentExecutor,
  type Distribution,
  type PlanBuilder,
  type PlanMatrix,
  type Shape,
} from "@pushforward/core";
import { planLogProb } from "@pushforward/ops";
import { Chain } from "@pushforward/transforms";
import * as tf from "@tensorflow/tfjs-core";
import { lowerPushed } from "./lower-pushed.ts";

/** A chain in two: the density comes down from the data through `head`, and through `tail` and the base by one plan. */
export interface PlannedTail {
  readonly head: Chain;
  readonly tail: Chain;
  /** The base pushed forward through the tail, as far as a plan needs it. */
  readonly distribution: Distribution;
}

/** By chain, then by base and by what its density is computed for; null where there is none. */
const known = new WeakMap<Chain, WeakMap<Distribution, Map<string, PlannedTail | null>>>();

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
  const executor = currentExecutor();
  if (executor === undefined || !(transform instanceof Chain) || transform.contextShape !== undefined) return undefined;
  const task = tf.engine().isTapeOn() ? "train" : "run";
  const ofChain = known.get(transform) ?? new WeakMap<Distribution, Map<string, PlannedTail | null>>();
  known.set(transform, ofChain);
  const ofBase = ofChain.get(base) ?? new Map<string, PlannedTail | null>();
  ofChain.set(base, ofBase);
  let found = ofBase.get(task);
  if (found === undefined) {
    found = null;
    const { layers } = transform;
    for (let count = layers.length - 1; count > 0 && found === null; count--) {
      const tail = new Chain(layers.slice(0, count));
      const distribution = pushed(base, tail, shapeOf(tail));
      const { plan } = planLogProb(distribution);
      if (plan !== undefined && executor.refusal(plan, task) === undefined) {
        found = { head: new Chain(layers.slice(count)), tail, distribution };
      }
    }
    ofBase.set(task, found);
  }
  return found ?? undefined;
}

function pushed(base: Distribution, tail: Chain, eventShape: Shape): Distribution {
  const distribution: Pick<Distribution, "batchShape" | "eventShape" | "lower"> = {
    batchShape: base.batchShape,
    eventShape,
    lower: (plan: PlanBuilder, value: PlanMatrix) => lowerPushed(plan, base, tail, value, undefined),
  };
  return distribution as Distribution;
}
