import { expect, test } from "vitest";
import { exponents } from "./growth-exponents.ts";

test("the exponent compares with the point before", () => {
  const point = (work: number, milliseconds: number) => ({ value: work, work, milliseconds });
  const [first, linear, square, none] = exponents([point(1, 3), point(2, 6), point(6, 54), point(12, 54)]);
  expect(first).toBeUndefined();
  expect(linear).toBeCloseTo(1, 12);
  expect(square).toBeCloseTo(2, 12);
  expect(none).toBeCloseTo(0, 12);
});
