import { type Comparison, Violation } from "../law/comparison.ts";
import { describeRow, type Inputs } from "./side.ts";

export function compareArrays(
  comparison: Comparison,
  got: Float32Array,
  expected: Float32Array,
  inputs: Inputs,
  what: string,
): void {
  if (got.length !== expected.length) {
    throw new Violation(`${expected.length} values of ${what}`, String(got.length));
  }
  for (const [i, value] of expected.entries()) {
    const row = Math.floor((i * inputs.count) / expected.length);
    comparison.add(got[i] as number, value, () => `${describeRow(inputs, row)} (${what})`);
  }
}
