import { createKey } from "@pushforward/core";
import { expect, test } from "vitest";
import {
  conformalPValues,
  keptRanks,
  scaleFromNumbers,
  scaleToNumbers,
  surprise,
  surpriseScale,
  tailRanks,
} from "../calibration.ts";

const scores = Float64Array.from(createKey(3).normal(5000));

function countAtLeast(value: number): number {
  return scores.filter((score) => score >= value).length;
}

test("a surprise is the negative logarithm of the share of rows that are as odd", () => {
  const scale = scaleFromNumbers(Float64Array.from(scaleToNumbers(surpriseScale(scores))));
  const values = Float64Array.of(-1, 0, 1, 1.5);
  const surprises = surprise(scale, values);
  for (const [i, value] of values.entries()) {
    expect(surprises[i]).toBeCloseTo(-Math.log((countAtLeast(value) + 1) / 5001), 1);
  }
  // Beyond the highest 5 % it goes on to rise.
  const [a = 0, b = 0, c = 0] = surprise(scale, Float64Array.of(2, 6, 12));
  expect(a).toBeGreaterThan(3);
  expect(b).toBeGreaterThan(a + 3);
  expect(c - b).toBeCloseTo(6 / scale.excess, 6);
  expect(surprise(scale, Float64Array.of(-9))[0]).toBeLessThan(1e-3);
});

test("equal scores have the surprise of all of them", () => {
  const scale = surpriseScale(Float64Array.from({ length: 100 }, (_, i) => (i < 90 ? 1 : 2)));
  const [one, two] = surprise(scale, Float64Array.of(1, 2));
  expect(one).toBeCloseTo(0, 10);
  expect(two).toBeCloseTo(-Math.log(11 / 101), 10);
  expect(surprise(surpriseScale(Float64Array.of(5, 5)), Float64Array.of(4, 5, 6))).toEqual(Float64Array.of(0, 0, 0));
});

test("p-values count the held-out scores, and round up where not all are kept", () => {
  const ranks = tailRanks(scores);
  expect(ranks.scores).toHaveLength(keptRanks(5000));
  expect(keptRanks(5000)).toBeLessThan(2200);
  for (const value of [0.5, 1, 2, 3, 9, (scores[0] as number) + 0]) {
    const exact = (countAtLeast(value) + 1) / 5001;
    const [p = 0] = conformalPValues(ranks, Float64Array.of(value));
    if (value >= 0.5) expect(p).toBeCloseTo(exact, 12);
    expect(p).toBeGreaterThanOrEqual(exact - 1e-12);
  }
  for (const value of [-0.3, -1.7]) {
    const exact = (countAtLeast(value) + 1) / 5001;
    const [p = 0] = conformalPValues(ranks, Float64Array.of(value));
    expect(p).toBeGreaterThanOrEqual(exact);
    expect(p).toBeLessThan(exact + 0.01);
  }
  expect(conformalPValues(ranks, Float64Array.of(-99))[0]).toBe(1);
  expect(conformalPValues(tailRanks(new Float64Array(0)), Float64Array.of(1))[0]).toBe(1);
});
