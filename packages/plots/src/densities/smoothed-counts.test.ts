import { expect, test } from "vitest";
import { smoothedCounts } from "./smoothed-counts.ts";

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
