import { expect, test } from "vitest";
import { bestPoint, shortened } from "./plot-area.ts";

test("the best point is the lowest, the first of equals, and never one that is not a number", () => {
  const nll = [3, Number.NaN, 2, Number.NEGATIVE_INFINITY, 2, 2.5];
  expect(bestPoint(nll.map((value, step) => ({ step, nll: value })))).toEqual({ step: 2, nll: 2 });
  expect(bestPoint([])).toBeUndefined();
  expect(bestPoint([{ step: 0, nll: Number.NaN }])).toBeUndefined();
});

test("a long curve keeps its best point and its end, however often it is shortened", () => {
  const points = Array.from({ length: 1001 }, (_, step) => ({ step, nll: step === 333 ? 0 : 1 }));
  const once = shortened(points, 1000);
  expect(once.length).toBeLessThan(700);
  expect(bestPoint(once)?.step).toBe(333);
  expect(once.slice(-100)).toEqual(points.slice(-100));
  expect(bestPoint(shortened(once, 400))?.step).toBe(333);
  expect(shortened(points, 1001)).toBe(points);
});
