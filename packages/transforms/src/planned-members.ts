import {
  type Bijection,
  currentExecutor,
  type Direction,
  makePlan,
  type PlanMatrix,
  type PlanOrReason,
  type Shape,
  sizeOf,
} from "@pushforward/core";
import { type PlannedInput, runPlan, sumColumnsStep } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { lowerMembers, shapeAfter } from "./members.ts";

/** Steps below which a plan is not worth its start: a permutation alone. */
const FEWEST_STEPS = 3;

/** Neighbours in a chain that one plan computes. */
interface Members {
  readonly count: number;
  readonly eventShape: Shape;
  readonly plan: PlanOrReason;
}

/** What they give, and how many they are. */
export interface PlannedMembers {
  readonly count: number;
  readonly value: tf.Tensor;
  readonly logDet: tf.Tensor;
}

const known = new WeakMap<object, Map<string, Members>>();

/**
 * Computes the members of a chain from one on, as many as have a `lower`, by one plan, so that a member that needs tensors
 * does not keep its neighbours from theirs. Undefined where tensors must compute the next one.
 *
 * @param owner the chain, which keeps the plans.
 * @param members those that are left, in the order of the direction.
 * @param value events of `eventShape`.
 */
export function plannedMembers(
  owner: object,
  members: readonly Bijection[],
  direction: Direction,
  value: tf.Tensor,
  eventShape: Shape,
  context: PlannedInput | undefined,
): PlannedMembers | undefined {
  const executor = currentExecutor();
  if (executor === undefined) return undefined;
  const task = tf.engine().isTapeOn() ? "train" : "run";
  const columns = [sizeOf(eventShape), ...(context === undefined ? [] : [sizeOf(context.eventShape)])];
  const make = (count: number): PlanOrReason =>
    makePlan(columns, (plan, [first, given]) => {
      const lowered = lowerMembers(members.slice(0, count), plan, direction, first as PlanMatrix, given);
      return [lowered.value, sumColumnsStep(plan, lowered.logDets)];
    });
  const isPossible = ({ plan }: PlanOrReason): boolean =>
    plan !== undefined && executor.refusal(plan, task) === undefined;
  const name = `${direction} ${task} ${members.length} ${eventShape.join(" ")} of ${columns[1] ?? 0}`;
  const ofOwner = known.get(owner) ?? new Map<string, Members>();
  known.set(owner, ofOwner);
  let found = ofOwner.get(name);
  if (found === undefined) {
    let count = 0;
    let shape = eventShape;
    let plan: PlanOrReason = { reason: "there are no members" };
    for (let next = make(1); isPossible(next); next = make(count + 1)) {
      plan = next;
      shape = shapeAfter(members[count] as Bijection, direction, shape);
      count++;
      if (count === members.length) break;
    }
    found = { count, eventShape: shape, plan };
    ofOwner.set(name, found);
  }
  const { count, plan, eventShape: after } = found;
  if (plan.plan === undefined || plan.plan.steps.length < FEWEST_STEPS) return undefined;
  const inputs = [{ tensor: value, eventShape }, ...(context === undefined ? [] : [context])];
  const outputs = runPlan(() => plan, inputs);
  if (outputs === undefined) return undefined;
  const [rows, logDet] = outputs.values as [tf.Tensor, tf.Tensor];
  return {
    count,
    value: after.length === 1 && outputs.batch.length === 1 ? rows : tf.reshape(rows, [...outputs.batch, ...after]),
    logDet: tf.reshape(logDet, [...outputs.batch]),
  };
}
