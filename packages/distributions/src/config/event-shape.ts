import { type Distribution, OptionError, type Shape, ShapeError } from "@pushforward/core";
import { batchShapeOf, broadcastShapes, describeValue, shapesEqual } from "@pushforward/core/extend";
import { formatShape } from "@pushforward/core/plain";

/**
 * Refuses a value whose last axes are not the event or whose batch axes do not fit. Without this, broadcasting would
 * stretch a value of one feature over many and count its density several times.
 */
export function checkEvent(
  where: string,
  shape: Shape,
  distribution: Pick<Distribution, "batchShape" | "eventShape">,
): void {
  const { batchShape, eventShape } = distribution;
  const event = shape.slice(Math.max(0, shape.length - eventShape.length));
  if (!shapesEqual(event, eventShape)) {
    throw new ShapeError(
      `${where}: expected values with event shape ${formatShape(eventShape)}, got shape ${formatShape(shape)}.`,
    );
  }
  const batch = batchShapeOf(shape, eventShape.length);
  if (broadcastShapes(batch, batchShape) === undefined) {
    throw new ShapeError(
      `${where}: expected batch axes that broadcast with ${formatShape(batchShape)}, got ${formatShape(batch)}.`,
    );
  }
}

/** The count of features, checked. */
export function checkFeatures(where: string, features: number): number {
  if (!Number.isSafeInteger(features) || features < 1) {
    throw new OptionError(
      `${where}: expected features to be an integer of at least 1, got ${describeValue(features)}.`,
    );
  }
  return features;
}

/** The shape that the shapes of several options broadcast to, its last axis being the features. */
export function optionShape(where: string, shapes: Readonly<Record<string, Shape>>): Shape {
  let result: Shape = [];
  for (const [name, shape] of Object.entries(shapes)) {
    const next = broadcastShapes(result, shape);
    if (next === undefined) {
      throw new ShapeError(
        `${where}: expected ${name} to broadcast with ${formatShape(result)}, got ${formatShape(shape)}.`,
      );
    }
    result = next;
  }
  if (result.length === 0 || result.includes(0)) {
    throw new ShapeError(
      `${where}: expected at least one feature, got shape ${formatShape(result)}. Pass arrays, or the option features.`,
    );
  }
  return result;
}

/** The axes that the options `features` or `shape` ask for; `[]` when they say nothing. */
export function askedShape(where: string, options: { readonly features?: number; readonly shape?: Shape }): Shape {
  const { features, shape } = options;
  if (features !== undefined && shape !== undefined) {
    throw new OptionError(`${where}: expected features or shape, got both.`);
  }
  if (features !== undefined) return [checkFeatures(where, features)];
  for (const axis of shape ?? []) checkAxis(where, axis);
  return [...(shape ?? [])];
}

/** An axis of a shape, checked. */
export function checkAxis(where: string, axis: number): void {
  if (!Number.isSafeInteger(axis) || axis < 1) {
    throw new OptionError(`${where}: expected axes that are integers of at least 1, got ${describeValue(axis)}.`);
  }
}
