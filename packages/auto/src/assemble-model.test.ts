import { expect, test } from "vitest";
import { indexOfLeast, mixtureNll } from "./assemble-model.ts";

test("the mean of −log Σ w p, also where one part has no density", () => {
  const logProbs = [Float64Array.of(-1, -2000), Float64Array.of(-3, Number.NEGATIVE_INFINITY)];
  const first = Math.log(0.25 * Math.exp(-1) + 0.75 * Math.exp(-3));
  expect(mixtureNll(logProbs, [0.25, 0.75])).toBeCloseTo(-(first + Math.log(0.25) - 2000) / 2, 9);
  expect(mixtureNll(logProbs, [0, 1])).toBe(Number.POSITIVE_INFINITY);
});

test("NaN is never the least number", () => {
  expect(indexOfLeast([3, 1, 2])).toBe(1);
  expect(indexOfLeast([Number.NaN, 5, Number.NaN, 4])).toBe(3);
  expect(indexOfLeast([Number.NaN, Number.POSITIVE_INFINITY])).toBe(1);
});
