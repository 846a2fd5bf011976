import { expect, test } from "vitest";
import { median, quantile } from "./statistics.ts";

test("median and quantiles do not depend on the order, and leave it", () => {
  const values = [5, 1, 10, 2];
  expect(median(values)).toBe(5);
  expect(median([10, 2, 1])).toBe(2);
  expect(quantile(values, 0.1)).toBe(1);
  expect(quantile(values, 1)).toBe(10);
  expect(values).toEqual([5, 1, 10, 2]);
});

test("nothing has no median", () => {
  expect(median([])).toBeNaN();
});
