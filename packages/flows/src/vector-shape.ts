import { formatShape, type Shape, ShapeError } from "@pushforward/core";
import type { Tensor } from "@tensorflow/tfjs-core";

/** The event shape `[features]`, checked. */
export function vectorShape(where: string, features: number, eventShape: Shape): Shape {
  if (eventShape.length !== 1 || eventShape[0] !== features) {
    throw new ShapeError(`${where}: expected an event of shape [${features}], got ${formatShape(eventShape)}.`);
  }
  return [features];
}

/** Checks that the last axis of x holds the features. */
export function checkEvent(where: string, features: number, x: Tensor): void {
  if (x.shape.at(-1) !== features) {
    throw new ShapeError(`${where}: expected x of shape [..., ${features}], got ${formatShape(x.shape)}.`);
  }
}
