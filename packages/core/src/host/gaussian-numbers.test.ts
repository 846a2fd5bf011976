import { expect, test } from "vitest";
import { DomainError } from "../errors/errors.ts";
import { choleskyFactor } from "./triangular-factor.ts";

test("is lower triangular, and its square is the matrix", () => {
  // 3 × 3 of integers: L = [[2, 0, 0], [6, 1, 0], [-8, 5, 3]].
  const factor = choleskyFactor("me", Float64Array.of(4, 12, -16, 12, 37, -43, -16, -43, 98), 3);
  expect([...factor]).toEqual([2, 0, 0, 6, 1, 0, -8, 5, 3]);
});

test("refuses what is not symmetric, not positive definite, or less so than asked for", () => {
  expect(() => choleskyFactor("me", Float64Array.of(1, 0.5, 0.4, 1), 2)).toThrow(DomainError);
  expect(() => choleskyFactor("me", Float64Array.of(1, 2, 2, 1), 2)).toThrow(/^me: .*got a pivot of -3 in row 1/);
  const close = Float64Array.of(1, 0.999, 0.999, 1);
  expect(choleskyFactor("me", close, 2)[3]).toBeCloseTo(Math.sqrt(1 - 0.999 ** 2), 12);
  expect(() => choleskyFactor("me", close, 2, 0.01)).toThrow(/in row 1\. Drop columns/);
});
