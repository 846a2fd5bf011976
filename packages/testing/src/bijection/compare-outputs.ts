import { compareArrays } from "../law/compare-arrays.ts";
import type { Comparison } from "../law/comparison.ts";
import { describeRow, type Inputs } from "./side.ts";

/** Compares outputs of the rows of `inputs`, value by value. */
export function compareOutputs(
  comparison: Comparison,
  got: Float32Array,
  expected: Float32Array,
  inputs: Inputs,
  what: string,
): void {
  compareArrays(comparison, got, expected, what, (i) =>
    describeRow(inputs, Math.floor((i * inputs.count) / expected.length)),
  );
}
