import { expect, test } from "vitest";
import { markdownTable, milliseconds, times } from "./markdown.ts";

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
