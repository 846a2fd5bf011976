import type { Bijection, Shape } from "@pushforward/core";
import {
  currentExecutor,
  type Direction,
  makePlan,
  type PlanMatrix,
  type PlanOrReason,
  sizeOf,
} from "@pushforward/core/extend";
import { PlanCache, type PlannedInput, planTask, runPlan, runsPlan, sumColumnsStep } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { lowerMembers, shapeAfter } from "./members.ts";

/** Steps below which a plan is not worth its start: a permutation alone. */
const FEWEST_STEPS = 3;

/** Neighbors in a chain that one plan computes. */
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

const known = new PlanCache<Members>();

/**
 * Computes the members of a chain from one on, as many as have a `lower`, by one plan, so that a member that needs tensors
 * does not keep its neighbors from theirs. Undefined where tensors must compute the next one.
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
  if (currentExecutor() === undefined) return undefined;
  const columns = [sizeOf(eventShape), ...(context === undefined ? [] : [sizeOf(context.eventShape)])];
  const key = [direction, planTask(), members.length, columns[1] ?? 0, ...eventShape];
  const found = known.get(owner, key, () => longestPlan(members, direction, eventShape, columns));
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

/** As many members from the first one on as a plan can compute. */
function longestPlan(
  members: readonly Bijection[],
  direction: Direction,
  eventShape: Shape,
  columns: readonly number[],
): Members {
  const make = (count: number): PlanOrReason =>
    makePlan(columns, (plan, [first, given]) => {
      const lowered = lowerMembers(members.slice(0, count), plan, direction, first as PlanMatrix, given);
      return [lowered.value, sumColumnsStep(plan, lowered.logDets)];
    });
  let found: Members = { count: 0, eventShape, plan: { reason: "there are no members" } };
  for (const member of members) {
    const count = found.count + 1;
    const plan = make(count);
    if (plan.plan === undefined || !runsPlan(plan.plan)) break;
    found = { count, eventShape: shapeAfter(member, direction, found.eventShape), plan };
  }
  return found;
}
