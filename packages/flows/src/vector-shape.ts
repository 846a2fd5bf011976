import { type BijectionFamily, type Shape, ShapeError } from "@pushforward/core";
import { formatShape } from "@pushforward/core/extend";
import type { Tensor } from "@tensorflow/tfjs-core";

/** The event shape, checked: `rank` axes, with features last. */
export function vectorShape(where: string, features: number, eventShape: Shape, rank = 1): Shape {
  if (eventShape.length !== rank || eventShape.at(-1) !== features) {
    const axes = rank === 1 ? "" : `${"…, ".repeat(rank - 1)}`;
    throw new ShapeError(`${where}: expected an event of shape [${axes}${features}], got ${formatShape(eventShape)}.`);
  }
  return eventShape;
}

/** Checks that x has events of `rank` axes, with features last. */
export function checkEvent(where: string, features: number, x: Tensor, rank = 1): void {
  if (x.rank < rank || x.shape.at(-1) !== features) {
    const axes = rank === 1 ? "" : ` with events of ${rank} axes`;
    throw new ShapeError(`${where}: expected x of shape [..., ${features}]${axes}, got ${formatShape(x.shape)}.`);
  }
}

/** Checks that a family with its own weights has weights for the variables of a layer. */
export function checkFamilyVariables(where: string, { type, variables }: BijectionFamily, expected: number): void {
  if (variables === undefined || variables === expected) return;
  throw new ShapeError(`${where}: expected ${type} with weights for ${expected} variables, got for ${variables}.`);
}
