import { createKey } from "@pushforward/core";
import { createTable } from "@pushforward/datasets/extend";
import type { DrawnHoles } from "@pushforward/tables/extend";
import { expect, test } from "vitest";
import { bestSeries, DrawSeries, poolSeries } from "./draw-series.ts";
import type { ProposalName } from "./proposals.ts";

const key = createKey(5);

/** A series with these weights, `times` times. The number of each draw is its weight. */
function series(weights: readonly number[], times: number, proposal: ProposalName = "order"): DrawSeries {
  const values = Float64Array.from({ length: weights.length * times }, (_, i) => weights[i % weights.length] as number);
  const drawn: DrawnHoles = {
    table: createTable([{ name: "x", kind: "number", values }]),
    logWeights: values.map(Math.log),
    inOrder: values.length,
    pulled: new Map(),
  };
  const result = new DrawSeries(proposal, key);
  result.add(drawn);
  return result;
}

test("a series counts its draws, its effective draws and their mean weight", () => {
  const one = series([1, 0], 50);
  expect([one.rows, one.size]).toEqual([100, 50]);
  expect(one.logMean).toBeCloseTo(Math.log(0.5), 12);
});

test("the next draws have another key", () => {
  const one = new DrawSeries("order", key);
  const first = one.nextKey.uniform(4);
  one.add({ ...series([1], 3).parts[0] } as DrawnHoles);
  expect(one.nextKey.uniform(4)).not.toEqual(first);
});

test("a series that misses a share of the answer is worth less than its even weights say", () => {
  const [even, whole] = [series([1], 100), series([4, 0], 50)];
  expect(whole.efficiency(even)).toBeCloseTo(0.5, 12);
  // The mean weights are 1 and 2: the even draws miss a half.
  expect(even.efficiency(whole)).toBeCloseTo(1 / (0.25 + 0.25 / 100) / 100, 12);
  expect(series([0], 10).efficiency(whole)).toBe(0);
});

test("the forecast counts the draws of the other series", () => {
  const [one, other] = [series([1, 0], 50), series([1], 30)];
  expect(one.forecast([one], { draws: 96, most: 1000 })).toBe(212);
  expect(one.forecast([one, other], { draws: 100, most: 1000 })).toBe(Math.ceil(100 * 1.1 * 1.4));
  expect(one.forecast([one, other], { draws: 1e6, most: 1e9 })).toBe(800);
  expect(one.forecast([one, other], { draws: 1e6, most: 500 })).toBe(470);
  expect(one.forecast([one, other], { draws: 60, most: 1000 })).toBe(Math.ceil(1.1 * 100));
});

test("other proposals must be clearly better than the first one", () => {
  const first = series([1, 0], 50);
  const [hardly, clearly, best] = [
    series([1, 1, 1, 0, 0], 20, "products"),
    series([1, 1, 1, 0], 25, "normals"),
    series([1], 90, "products"),
  ];
  expect(bestSeries([first, hardly])).toBe(first);
  expect(bestSeries([first, clearly])).toBe(clearly);
  expect(bestSeries([first, clearly, best])).toBe(best);
});

test("a pool has the effective draws of all series, each with its share", () => {
  const [one, other] = [series([2, 0], 50), series([0.5, 1], 300)];
  const { table, logWeights } = poolSeries([one, other, series([0], 10)]) as DrawnHoles;
  expect(table.rows).toBe(700);
  const weights = logWeights.map(Math.exp);
  const [sum, squares] = [weights.reduce((a, w) => a + w, 0), weights.reduce((a, w) => a + w * w, 0)];
  const [n, m] = [one.size, 600 * 0.9];
  const means = (n * 1 + m * 0.75) / (n + m);
  expect(sum / 700).toBeCloseTo(means, 3);
  // The means of the weights differ, so that a little is lost.
  expect(sum ** 2 / squares).toBeGreaterThan(0.97 * (n + m));
  expect(sum ** 2 / squares).toBeLessThan(1.001 * (n + m));
  const first = weights.subarray(0, 100).reduce((a, w) => a + w, 0);
  expect(first / sum).toBeCloseTo(n / (n + m * 0.75), 3);
});

test("a single series is its own pool, and no draw with a weight is none", () => {
  const one = series([2, 3], 10);
  expect(poolSeries([one, series([0], 10)])?.logWeights).toEqual(one.parts[0]?.logWeights);
  expect(poolSeries([series([0], 10)])).toBeUndefined();
});
