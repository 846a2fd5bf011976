import { expect, test } from "vitest";
import { exponents, markdownTable, median, milliseconds, times } from "./report.ts";

test("the exponent compares with the point before", () => {
  const point = (work: number, milliseconds: number) => ({ value: work, work, milliseconds });
  const [first, linear, square, none] = exponents([point(1, 3), point(2, 6), point(6, 54), point(12, 54)]);
  expect(first).toBeUndefined();
  expect(linear).toBeCloseTo(1, 12);
  expect(square).toBeCloseTo(2, 12);
  expect(none).toBeCloseTo(0, 12);
});

test("a table in Markdown", () => {
  expect(markdownTable(["a", "b"], [["1", "2"]])).toBe("| a | b |\n| --- | --- |\n| 1 | 2 |");
});

test("milliseconds have three digits", () => {
  expect([0.012345, 1.2345, 99.94, 1234.5].map(milliseconds)).toEqual(["0.0123", "1.23", "99.9", "1235"]);
});

test("ratios have two or three digits", () => {
  expect([0.4567, 1.2345, 12.345, 1234.5].map(times)).toEqual(["0.46×", "1.23×", "12.3×", "1235×"]);
});

test("what was not measured is a dash", () => {
  expect([milliseconds(undefined), milliseconds(Number.NaN), times(undefined)]).toEqual(["–", "–", "–"]);
});

test("the median does not depend on the order, and leaves it", () => {
  const values = [5, 1, 10, 2];
  expect(median(values)).toBe(3.5);
  expect(median([10, 2, 1])).toBe(2);
  expect(values).toEqual([5, 1, 10, 2]);
});

test("no values have no median", () => {
  expect(median([])).toBeNaN();
});
