import type { Bijection, Shape } from "@pushforward/core";
import {
  type Direction,
  type LoweredMap,
  lowerBijection,
  type PlanBuilder,
  type PlanMatrix,
} from "@pushforward/core/extend";

/** Adds bijections one after the other to a plan, in the order of the direction. */
export function lowerMembers(
  members: readonly Bijection[],
  plan: PlanBuilder,
  direction: Direction,
  value: PlanMatrix,
  context: PlanMatrix | undefined,
): LoweredMap {
  const logDets: PlanMatrix[] = [];
  let current = value;
  for (const member of members) {
    const lowered = lowerBijection(member, plan, direction, current, context);
    logDets.push(...lowered.logDets);
    current = lowered.value;
  }
  return { value: current, logDets };
}

/** The part of an event shape that a member sees as its own event, and the axes before it. */
export function splitEvent(member: Bijection, direction: Direction, eventShape: Shape): [extra: Shape, event: Shape] {
  const rank = direction === "forward" ? member.eventRankIn : member.eventRankOut;
  const extra = eventShape.length - rank;
  return [eventShape.slice(0, extra), eventShape.slice(extra)];
}

/** The event shape behind a member. */
export function shapeAfter(member: Bijection, direction: Direction, eventShape: Shape): Shape {
  const [extra, event] = splitEvent(member, direction, eventShape);
  return [...extra, ...(direction === "forward" ? member.forwardShape(event) : member.inverseShape(event))];
}
