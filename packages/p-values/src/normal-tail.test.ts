import { expect, test } from "vitest";
import { normalTail } from "./normal-tail.ts";

// scipy.stats.norm.sf
test.each([
  [-3, 0.9986501019683699],
  [-0.5, 0.6914624612740131],
  [0, 0.5],
  [0.5, 0.3085375387259869],
  [1.96, 0.024997895148220435],
  [5, 2.866515718791933e-7],
])("P(Z > %d)", (z, expected) => {
  expect(normalTail(z) / expected - 1).toBeCloseTo(0, 9);
});
