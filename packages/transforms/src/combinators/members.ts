import { type Bijection, ContextError, type Shape } from "@pushforward/core";
import {
  type Direction,
  formatShape,
  type LoweredMap,
  lowerBijection,
  type PlanBuilder,
  type PlanMatrix,
  shapesEqual,
} from "@pushforward/core/extend";
import type { Tensor } from "@tensorflow/tfjs-core";

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

/**
 * The shape of the context that members take, undefined where none takes one.
 *
 * @throws {ContextError} members take contexts of different shapes.
 */
export function commonContextShape(where: string, members: readonly Bijection[]): Shape | undefined {
  let found: { readonly shape: Shape; readonly index: number } | undefined;
  for (const [index, { contextShape }] of members.entries()) {
    if (contextShape === undefined) continue;
    found ??= { shape: contextShape, index };
    if (!shapesEqual(found.shape, contextShape)) {
      throw new ContextError(
        `${where}: expected member ${index} to take the context shape ${formatShape(found.shape)} of member ${found.index}, got ${formatShape(contextShape)}.`,
      );
    }
  }
  return found?.shape;
}

/** Returns the context for a member: undefined for a member that takes none. */
export function contextFor(member: Bijection, context: Tensor | undefined): Tensor | undefined {
  return member.contextShape === undefined ? undefined : context;
}

/** Refuses a context. */
export function refuseContext(where: string, context: Tensor | undefined): void {
  if (context !== undefined) {
    throw new ContextError(
      `${where}: expected no context, got one of shape ${formatShape(context.shape)}. Give it to a conditional flow.`,
    );
  }
}
