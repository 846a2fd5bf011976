import { type Comparison, Violation } from "../law/comparison.ts";

export function compareArrays(comparison: Comparison, got: Float32Array, expected: Float32Array, what: string): void {
  if (got.length !== expected.length) throw new Violation(`${expected.length} values of ${what}`, String(got.length));
  for (const [i, value] of expected.entries()) comparison.add(got[i] as number, value, () => `value ${i} (${what})`);
}
