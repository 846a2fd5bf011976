import { expect, test } from "vitest";
import { dateCycles } from "./date-cycles.ts";

const [HOUR, DAY, YEAR] = [3600, 86_400, 365.2425 * 86_400];
const every = (step: number, count: number, from = 1.6e9 - (1.6e9 % DAY)): Float64Array =>
  Float64Array.from({ length: count }, (_, i) => from + i * step);

test.each([
  ["days over three months", every(DAY, 90), [7 * DAY]],
  ["days over two years", every(DAY, 730), [7 * DAY, YEAR]],
  ["days of one year", every(DAY, 365), [7 * DAY, YEAR]],
  ["three days", every(DAY, 3), []],
  ["hours over five years", every(HOUR, 43_824), [DAY, 7 * DAY, YEAR]],
  ["hours of two days", every(HOUR, 48), [DAY]],
  ["times without a date", every(60, 1440, 0), [DAY]],
  ["days at the same hour", every(DAY, 90, 1.6e9 - (1.6e9 % DAY) + 9 * HOUR), [7 * DAY]],
  ["weeks over two years", every(7 * DAY, 104), [YEAR]],
  ["first days of months", every(30.5 * DAY, 48).map((x) => x - (x % DAY)), [YEAR]],
  ["years", every(366 * DAY, 20), []],
  ["years 0 and 9999", Float64Array.of(-62_167_219_200, 253_402_214_400), []],
  ["one date, and gaps", Float64Array.of(Number.NaN, 0, Number.NaN), []],
  ["gaps", Float64Array.of(Number.NaN), []],
])("the cycles of %s", (_, values, cycles) => {
  expect(dateCycles(values)).toEqual(cycles);
});

test("all rows count", () => {
  expect(dateCycles(every(DAY, 5), every(DAY, 5, 2e9 - (2e9 % DAY)))).toEqual([7 * DAY, YEAR]);
});
