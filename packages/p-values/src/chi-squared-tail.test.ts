import { expect, test } from "vitest";
import { chiSquaredTail } from "./chi-squared-tail.ts";

// scipy.stats.chi2.sf
test.each([
  [1e-3, 2, 0.9995001249791693],
  [0.5, 1, 0.47950012218695337],
  [3.84, 1, 0.05004352124870519],
  [10, 10, 0.44049328506521257],
  [49.73, 23, 0.0009994680519561378],
  [300, 399, 0.9999335915350372],
  [450, 399, 0.03945116508697965],
  [520, 399, 4.127630841292131e-5],
])("P(χ² > %d) with %d degrees of freedom", (x, degrees, expected) => {
  expect(chiSquaredTail(x, degrees) / expected - 1).toBeCloseTo(0, 9);
});

test("the ends: everything above 0, nothing above infinity, and NaN is no evidence of a fit", () => {
  expect([chiSquaredTail(0, 3), chiSquaredTail(-1, 3), chiSquaredTail(Number.NaN, 3)]).toEqual([1, 1, 0]);
  expect(chiSquaredTail(1e6, 399)).toBe(0);
  expect(chiSquaredTail(Number.POSITIVE_INFINITY, 3)).toBe(0);
});
