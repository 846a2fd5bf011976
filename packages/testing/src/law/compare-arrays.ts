import { type Comparison, Violation } from "./comparison.ts";

/** Compares two arrays value by value; `where` describes the input of the value at an index. */
export function compareArrays(
  comparison: Comparison,
  got: Float32Array,
  expected: Float32Array,
  what: string,
  where: (index: number) => string = (index) => `value ${index}`,
): void {
  if (got.length !== expected.length) throw new Violation(`${expected.length} values of ${what}`, String(got.length));
  for (const [i, value] of expected.entries()) comparison.add(got[i] as number, value, () => `${where(i)} (${what})`);
}
