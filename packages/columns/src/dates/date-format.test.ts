import { expect, test } from "vitest";
import { compileDateFormat, dateOf, daysOf, isoWeekOf, mondayOf } from "./date-format.ts";

const DAY = 86_400;

test.each([
  ["%Y-%m-%d", "2020-02-29", "2020-02-29T00:00:00Z"],
  ["%Y-%m-%d", "0000-01-01", "0000-01-01T00:00:00Z"],
  ["%Y-%m-%d", "9999-12-31", "9999-12-31T00:00:00Z"],
  ["%d.%m.%Y", "31.12.2020", "2020-12-31T00:00:00Z"],
  ["%-m/%-d/%Y", "1/5/2020", "2020-01-05T00:00:00Z"],
  ["%d %b %Y", "05 Mar 2020", "2020-03-05T00:00:00Z"],
  ["%B %d, %Y", "March 05, 2020", "2020-03-05T00:00:00Z"],
  ["%d%b%Y", "05Mar2020", "2020-03-05T00:00:00Z"],
  ["%m/%d/%y", "01/02/69", "1969-01-02T00:00:00Z"],
  ["%m/%d/%y", "01/02/68", "2068-01-02T00:00:00Z"],
  ["%Y%m%d", "20201231", "2020-12-31T00:00:00Z"],
  ["%Y-%m", "2020-07", "2020-07-01T00:00:00Z"],
  ["%Y Q%q", "2020 Q3", "2020-07-01T00:00:00Z"],
  ["%G-W%V", "2020-W53", "2020-12-28T00:00:00Z"],
  ["%Y-%m-%d %H:%M", "2020-01-02 03:04", "2020-01-02T03:04:00Z"],
  ["%Y-%m-%dT%H:%M:%SZ", "2020-01-02T03:04:05Z", "2020-01-02T03:04:05Z"],
  ["%Y-%m-%dT%H:%M:%S+02:00", "2020-01-02T03:04:05+02:00", "2020-01-02T03:04:05+02:00"],
  ["%Y-%m-%d %H:%M:%S.%L", "2020-01-02 03:04:05.250", "2020-01-02T03:04:05.250Z"],
  ["%I:%M %p", "12:30 AM", "1970-01-01T00:30:00Z"],
  ["%I:%M %p", "12:30 PM", "1970-01-01T12:30:00Z"],
  ["%s", "1600000000", "2020-09-13T12:26:40Z"],
  ["%Q", "1600000000500", "2020-09-13T12:26:40.500Z"],
])("%s reads %j as JavaScript reads %s, and writes it back", (format, text, iso) => {
  const compiled = compileDateFormat(format);
  const seconds = compiled?.read(text);
  expect(seconds).toBe(Date.parse(iso) / 1000);
  expect(compiled?.write(seconds as number)).toBe(text);
});

test("zones that differ are read, and written in UTC", () => {
  const compiled = compileDateFormat("%Y-%m-%dT%H:%M:%S%z");
  expect(compiled?.read("2020-01-02T03:04:05+01:30")).toBe(Date.parse("2020-01-02T03:04:05+01:30") / 1000);
  expect(compiled?.write(0)).toBe("1970-01-01T00:00:00Z");
});

test("microseconds survive, also in the year 9999", () => {
  const compiled = compileDateFormat("%Y-%m-%dT%H:%M:%S.%f");
  for (const text of ["2020-01-02T03:04:05.123456", "1903-12-31T23:59:59.999999", "9999-12-31T23:59:59.500000"]) {
    const seconds = compiled?.read(text) as number;
    expect(compiled?.read(compiled.write(seconds))).toBe(seconds);
  }
  expect(compiled?.write(compiled.read("2020-01-02T03:04:05.123456"))).toBe("2020-01-02T03:04:05.123456");
});

test.each([
  ["%Y-%m-%d", "2021-02-29"],
  ["%Y-%m-%d", "20-01-01"],
  ["%Y-%m-%d", "2020-01-01x"],
  ["%H:%M", "24:00"],
  ["%H:%M", "12:60"],
  ["%H:%M:%S", "12:00:60"],
  ["%I:%M %p", "13:00 PM"],
  ["%Y%m%d", "2020111"],
  ["%G-W%V", "2021-W53"],
])("%s does not read %j", (format, text) => {
  expect(compileDateFormat(format)?.read(text)).toBeNaN();
});

test("numbers between are rounded to what the format tells apart", () => {
  expect(compileDateFormat("%Y-%m-%d")?.write(1.4 * DAY)).toBe("1970-01-02");
  expect(compileDateFormat("%H:%M")?.write(3599)).toBe("01:00");
  expect(compileDateFormat("%S.%L")?.write(1.9996)).toBe("02.000");
});

test("formats without or with unknown directives are none", () => {
  for (const format of ["", "date", "%", "%Y-%k", "100%"]) expect(compileDateFormat(format)).toBeUndefined();
});

test("characters of patterns are taken as they stand", () => {
  expect(compileDateFormat("(%Y)[%m]")?.read("(2020)[01]")).toBe(Date.parse("2020-01-01") / 1000);
  expect(compileDateFormat("%Y.%m")?.read("2020x01")).toBeNaN();
});

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
