import { expect, test } from "vitest";
import { dateOf, daysOf, isoWeekOf, mondayOf } from "./civil-date.ts";

test("days and dates agree with those of JavaScript, over five centuries", () => {
  for (let days = -100_000; days < 100_000; days += 37) {
    const date = new Date(days * 86_400_000);
    const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()];
    expect(dateOf(days)).toEqual({ year, month, day });
    expect(daysOf({ year, month, day })).toBe(days);
  }
});

test("the years 0 and 9999 have days", () => {
  for (const [text, year] of [
    ["0000-02-29", 0],
    ["9999-12-31", 9999],
  ] as const) {
    const [month, day] = text.slice(5).split("-").map(Number) as [number, number];
    const days = Date.parse(`${text}T00:00:00Z`) / 86_400_000;
    expect(daysOf({ year, month, day })).toBe(days);
    expect(dateOf(days)).toEqual({ year, month, day });
  }
});

test("days that do not exist are NaN", () => {
  for (const [year, month, day] of [
    [2021, 2, 29],
    [1900, 2, 29],
    [2020, 13, 1],
    [2020, 0, 1],
    [2020, 4, 31],
    [2020, 1, 0],
  ] as const) {
    expect(daysOf({ year, month, day })).toBeNaN();
  }
});

// From the table of ISO 8601 in Wikipedia, "ISO week date".
test.each([
  ["1977-01-01", 1976, 53],
  ["1978-01-01", 1977, 52],
  ["1979-12-31", 1980, 1],
  ["1980-12-28", 1980, 52],
  ["1982-01-03", 1981, 53],
] as const)("%s lies in the week %i-%i", (text, year, week) => {
  const days = Date.parse(text) / 86_400_000;
  expect(isoWeekOf(dateOf(days))).toEqual({ year, week });
  expect(mondayOf(year, week)).toBe(days - ((new Date(text).getUTCDay() + 6) % 7));
});

test("a year of 52 weeks has no 53rd", () => {
  expect(mondayOf(2021, 53)).toBeNaN();
  expect(mondayOf(2020, 53)).not.toBeNaN();
  expect(mondayOf(2020, 0)).toBeNaN();
});
