import { expect, test } from "vitest";
import { binCount, histogram } from "./histogram.ts";

test("histogram is a density over all finite values; the last bin is closed", () => {
  const { edges, density } = histogram([0, 0.5, 1, 2, 9, Number.NaN], 0, 2, 2);
  expect([...edges]).toEqual([0, 1, 2]);
  // Two values in [0, 1), two in [1, 2], one outside: area 4/5.
  expect([...density]).toEqual([0.4, 0.4]);
  expect([...histogram([], 0, 1, 2).density]).toEqual([0, 0]);
});

test("binCount estimates the spread within a hill, so that far hills keep narrow bins", () => {
  const hill = (at: number): number[] => Array.from({ length: 200 }, (_, i) => at + i / 200);
  const one = binCount(Float64Array.from(hill(0)), 0, 1);
  // 400 values, a quarter of them within 0.495: 10 / (2 · 2.12 · 0.495 · 400^(−1/3)) = 35.1.
  expect(binCount(Float64Array.from([...hill(0), ...hill(9)]), 0, 10)).toBe(35);
  expect(one).toBe(8);
  expect(binCount(new Float64Array(9), 0, 1)).toBe(20);
  expect(binCount(new Float64Array(0), 0, 1)).toBe(8);
});
