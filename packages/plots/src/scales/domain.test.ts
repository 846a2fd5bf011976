import { expect, test } from "vitest";
import { extent, paddedDomain } from "./domain.ts";

test("extent sees finite values only, on a log axis positive ones only", () => {
  expect(
    extent([
      [3, Number.NaN, -1],
      [Infinity, 2],
    ]),
  ).toEqual([-1, 3]);
  expect(extent([[3, 0, -1]], "log")).toEqual([3, 3]);
  expect(extent([[], [Number.NaN]])).toBeUndefined();
});

test("paddedDomain always has room", () => {
  expect(paddedDomain([0, 10], 0.1)).toEqual([-1, 11]);
  expect(paddedDomain([5, 5], 0.1)).toEqual([4.5, 5.5]);
  expect(paddedDomain([0, 0], 0.1)).toEqual([-1, 1]);
  expect(paddedDomain(undefined, 0.1)).toEqual([0, 1]);
  expect(paddedDomain([1, 100], 0.5, "log")).toEqual([0.1, 1000]);
  expect(paddedDomain([7, 7], 0.5, "log")).toEqual([3.5, 14]);
  const [low, high] = paddedDomain([-1.7e308, 1.7e308], 0.05);
  expect(Number.isFinite(high - low)).toBe(true);
});
