import { type BijectionFamily, ShapeError } from "@pushforward/core";

/** Checks that a family with weights of its own has them for the variables of a layer. */
export function checkFamilyVariables(where: string, { type, variables }: BijectionFamily, expected: number): void {
  if (variables === undefined || variables === expected) return;
  throw new ShapeError(`${where}: expected ${type} with weights for ${expected} variables, got for ${variables}.`);
}
