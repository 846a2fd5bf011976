import { expect, test } from "vitest";
import { median } from "./statistics.ts";

test("the median does not depend on the order, and leaves it", () => {
  const values = [5, 1, 10, 2];
  expect(median(values)).toBe(3.5);
  expect(median([10, 2, 1])).toBe(2);
  expect(values).toEqual([5, 1, 10, 2]);
});

test("no values have no median", () => {
  expect(median([])).toBeNaN();
});
