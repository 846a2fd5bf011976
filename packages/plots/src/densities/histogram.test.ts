import { expect, test } from "vitest";
import { binCount, histogram, smoothedCounts } from "./histogram.ts";

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

test("smoothing loses no count, also at the border, and spreads it by √1.5 bins", () => {
  const sum = (values: Float64Array): number => values.reduce((a, b) => a + b, 0);
  const corner = smoothedCounts(Float64Array.of(0, Number.NaN, 99), Float64Array.of(48, 1, 1), [0, 48], [0, 48]);
  expect(sum(corner?.density as Float64Array)).toBeCloseTo(1, 12);
  const { x, y, density } = smoothedCounts(Float64Array.of(20.5), Float64Array.of(30.5), [0, 48], [0, 48]) as {
    x: Float64Array;
    y: Float64Array;
    density: Float64Array;
  };
  const moment = (f: (px: number, py: number) => number): number =>
    sum(density.map((value, k) => value * f(x[k % 48] as number, y[Math.floor(k / 48)] as number)));
  expect(moment((px) => px)).toBeCloseTo(20.5, 10);
  expect(moment((_, py) => py)).toBeCloseTo(30.5, 10);
  expect(moment((px) => (px - 20.5) ** 2)).toBeCloseTo(1.5, 10);
});

test("no pair, no grid", () => {
  expect(smoothedCounts(Float64Array.of(5), Float64Array.of(0), [0, 1], [0, 1])).toBeUndefined();
});
