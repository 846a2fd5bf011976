import { expect, test } from "vitest";
import { createKey } from "../key.ts";
import { areaUnderCurve, logAddExp, logSumExp, meanLoss, meanLossSeed, quantile, softmax } from "./numbers.ts";

const INFINITY = Number.POSITIVE_INFINITY;

test("quantiles are linear between order statistics, also of infinities", () => {
  expect([0, 0.25, 0.5, 1].map((share) => quantile([1, 2, 5, 10], share))).toEqual([1, 1.75, 3.5, 10]);
  expect(quantile([-INFINITY, -INFINITY, 0], 0.25)).toBe(-INFINITY);
  expect(quantile([], 0.5)).toBeNaN();
});

test("sums of exponentials neither overflow nor underflow", () => {
  expect(logSumExp([1000, 1000])).toBeCloseTo(1000 + Math.LN2, 12);
  expect(logAddExp(-1000, -1000)).toBeCloseTo(-1000 + Math.LN2, 12);
  expect(logSumExp([])).toBe(-INFINITY);
  expect(logSumExp([0, -INFINITY])).toBe(0);
  expect([logAddExp(-INFINITY, -INFINITY), logAddExp(0, INFINITY)]).toEqual([-INFINITY, INFINITY]);
  expect([logSumExp([0, Number.NaN]), logAddExp(Number.NaN, 0)]).toEqual([Number.NaN, Number.NaN]);
  expect(softmax([1000, 1000 + Math.log(3), -INFINITY]).map((share) => Math.round(share * 1e12) / 1e12)).toEqual(
    Float64Array.of(0.25, 0.75, 0),
  );
});

test("the seed is the gradient of the loss by the log-densities", () => {
  const logProb = [-1, 0.5, -3];
  for (const weights of [undefined, [0.5, 2, 0.25]]) {
    const seed = meanLossSeed(3, weights);
    for (const i of [0, 1, 2]) {
      const moved = logProb.map((value, j) => (j === i ? value + 1 : value));
      // The loss is linear in each.
      expect(seed[i]).toBeCloseTo(meanLoss(moved, 3, weights) - meanLoss(logProb, 3, weights), 6);
    }
  }
  expect(meanLoss(logProb, 3, undefined)).toBeCloseTo(3.5 / 3, 12);
  expect(meanLoss(logProb, 3, [0.5, 2, 0.25])).toBeCloseTo((0.5 - 1 + 0.75) / 3, 12);
});

test("the area under the curve is the share of pairs in order, ties counted half", () => {
  const [a, b] = [createKey(1).uniform(60), createKey(2).uniform(40)].map((values) =>
    Array.from(values, (u) => Math.floor(8 * u)),
  ) as [number[], number[]];
  let wins = 0;
  for (const x of a) for (const y of b) wins += x < y ? 1 : x === y ? 0.5 : 0;
  expect(areaUnderCurve(a, b)).toBeCloseTo(wins / 2400, 12);
  expect(areaUnderCurve(b, a)).toBeCloseTo(1 - wins / 2400, 12);
  expect(areaUnderCurve([1, 2], [3])).toBe(1);
  expect(areaUnderCurve([], [3])).toBeNaN();
});
