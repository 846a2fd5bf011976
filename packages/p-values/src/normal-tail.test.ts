import { expect, test } from "vitest";
import { normalTail } from "./normal-tail.ts";

// scipy.stats.norm.sf
test("both ways agree where they meet, and it is 0 and 1 at the ends", () => {
  const [below, above] = [normalTail(3 - 1e-12), normalTail(3)];
  expect(Math.abs(below / above - 1)).toBeLessThan(1e-10);
  expect([normalTail(Number.POSITIVE_INFINITY), normalTail(Number.NEGATIVE_INFINITY)]).toEqual([0, 1]);
  expect(normalTail(Number.NaN)).toBeNaN();
});

test.each([
  [-3, 0.9986501019683699],
  [-0.5, 0.6914624612740131],
  [0, 0.5],
  [0.5, 0.3085375387259869],
  [1.96, 0.024997895148220435],
  [2.999, 0.0013543365337271066],
  [3.001, 0.001345472825084966],
  [5, 2.866515718791933e-7],
  [20, 2.7536241186062337e-89],
  [37, 5.725571222524577e-300],
])("P(Z > %d)", (z, expected) => {
  expect(normalTail(z) / expected - 1).toBeCloseTo(0, 9);
});
