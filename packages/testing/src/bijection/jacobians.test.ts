import { expect, test } from "vitest";
import { logAbsDet } from "./jacobians.ts";

test("logAbsDet agrees with NumPy", () => {
  // numpy.linalg.slogdet
  expect(logAbsDet([4, -2, 1, 3, 6, -4, 2, 1, 8], 3)).toBeCloseTo(5.572154032177764, 12);
  const n = 12;
  const matrix = Float64Array.from({ length: n * n }, (_, k) => {
    const [i, j] = [Math.floor(k / n), k % n];
    return Math.sin(3 * i + 5 * j + 1) + (i === j ? 0.5 : 0);
  });
  const before = matrix.slice();
  expect(logAbsDet(matrix, n)).toBeCloseTo(-7.10837551657717, 11);
  expect(matrix).toEqual(before);
});

test("logAbsDet pivots, and knows singular matrices, signs and the empty one", () => {
  expect(logAbsDet([0, 2, 3, 0], 2)).toBeCloseTo(Math.log(6), 14);
  expect(logAbsDet([-5], 1)).toBeCloseTo(Math.log(5), 14);
  expect(logAbsDet([1, 2, 2, 4], 2)).toBe(Number.NEGATIVE_INFINITY);
  expect(logAbsDet([0, 0, 0, 0], 2)).toBe(Number.NEGATIVE_INFINITY);
  expect(logAbsDet([], 0)).toBe(0);
  expect(logAbsDet([Number.NaN, 1, 1, 1], 2)).toBeNaN();
});
