import { expect, test } from "vitest";
import { paretoSmoothedWeights } from "./index.ts";

test("weights that are equal up to rounding have no tail", () => {
  const logWeights = Float64Array.from({ length: 1000 }, (_, i) =>
    i % 3 === 0 ? -1.3654306691324707 : -1.3654306691324711,
  );
  const { paretoK, effectiveSampleSize } = paretoSmoothedWeights(logWeights);
  expect(paretoK).toBe(0);
  expect(effectiveSampleSize).toBeCloseTo(1000, 6);
});

test("weights that repeat, as those of discrete draws, are finite when smoothed", () => {
  // Half of the tail has the weight of the cutoff.
  const logWeights = Float64Array.from({ length: 1000 }, (_, i) =>
    i % 20 === 0 ? Math.log(2) : i % 20 === 1 ? Math.log(3) : 0,
  );
  const { paretoK, effectiveSampleSize, logWeights: smoothed } = paretoSmoothedWeights(logWeights);
  expect(Number.isFinite(paretoK)).toBe(true);
  expect(effectiveSampleSize).toBeGreaterThan(700);
  expect(smoothed.every((value) => Number.isFinite(value))).toBe(true);
});

test("the tail may have two different weights only", () => {
  // With 1,200 weights the tail has 104 of them, and one of its 40 points is the exponential distribution, θ = 0.
  const logWeights = Float64Array.from({ length: 1200 }, (_, i) => Math.log(i < 1120 ? 0.5 : 1));
  const { paretoK, effectiveSampleSize, logWeights: smoothed } = paretoSmoothedWeights(logWeights);
  expect(paretoK).toBeLessThan(0.7);
  expect(Math.abs(effectiveSampleSize - (560 + 80) ** 2 / (280 + 80))).toBeLessThan(10);
  expect(smoothed.every(Number.isFinite)).toBe(true);
});

test("weights of 0 stay 0, however few are above 0", () => {
  for (const positive of [1, 4, 6, 40]) {
    const logWeights = Float64Array.from({ length: 1000 }, (_, i) =>
      i < positive ? -i / 7 : Number.NEGATIVE_INFINITY,
    );
    const { effectiveSampleSize, logWeights: smoothed } = paretoSmoothedWeights(logWeights);
    expect(smoothed.filter((value) => value > Number.NEGATIVE_INFINITY)).toHaveLength(positive);
    expect(effectiveSampleSize).toBeLessThanOrEqual(positive + 1e-9);
  }
});
