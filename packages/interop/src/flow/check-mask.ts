import { quote, type StateDict } from "../file/state-dict.ts";
import type { ForeignLinear } from "./foreign-flow.ts";

/** Compares a stored mask with the one that it must be. */
export function checkMask(state: StateDict, key: string, layer: ForeignLinear, expected: ArrayLike<number>): void {
  const odd = layer.mask?.findIndex((value, i) => value !== expected[i]) ?? -1;
  if (odd < 0) return;
  const [row, column] = [Math.floor(odd / layer.inputs), odd % layer.inputs];
  state.fail(
    "weights",
    `${expected[odd]} in row ${row}, column ${column} of ${quote(`${key}.mask`)}`,
    `${layer.mask?.[odd]}: masks of one's own are not supported`,
  );
}
