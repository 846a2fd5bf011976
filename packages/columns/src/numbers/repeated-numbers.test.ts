import { expect, test } from "vitest";
import { shareBeyondRounding } from "../extend.ts";

/** Numbers from 0 to 100, evenly spread and in no order. */
const spread = Float64Array.from({ length: 200 }, (_, i) => 100 * ((i * 0.618034) % 1));

/** Numbers from 1 to 4 with two decimals, which have all points of the grid. */
function odds(change: (hundredths: number, i: number) => number): Float64Array {
  return Float64Array.from({ length: 1200 }, (_, i) => {
    const part = (i * 0.618034) % 1;
    return Math.round(change(100 + Math.round(300 * part), i)) / 100;
  });
}

test.each([
  ["numbers that do not repeat", spread, 0, false],
  ["whole numbers, which rounding makes equal", spread.map(Math.round), 1, false],
  ["tenths, of which rounding makes a few equal", spread.map((x) => Math.round(10 * x) / 10), 0.1, false],
  ["logarithms of whole numbers", spread.map((x) => Math.log(1 + Math.round(x))), 0, true],
  [
    "float32 numbers around 2 million, of which eight are between two whole numbers",
    spread.map((x) => Math.fround(2e6 + x / 10)),
    0.001,
    false,
  ],
  ["squares of whole numbers", spread.map((x) => Math.round(x) ** 2), 1, true],
  ["amounts of which each third is 5000", spread.map((x, i) => (i % 3 === 0 ? 5000 : Math.round(100 * x))), 1, true],
  ["a missing number in half of the rows", spread.map((x, i) => (i % 2 === 0 ? x : Number.NaN)), 0, false],
  ["one number in 4 % of the rows", spread.map((x, i) => (i % 25 === 0 ? -1 : x)), 0, false],
  ["one number in 6 % of the rows", spread.map((x, i) => (i % 16 === 0 ? -1 : x)), 0, true],
  [
    "odds on a dense grid, of which half are multiples of 0.05",
    odds((x, i) => (i % 2 === 0 ? 5 * Math.round(x / 5) : x)),
    0.01,
    true,
  ],
  ["the same without preferred numbers", odds((x) => x), 0.01, false],
  ["a constant", spread.map(() => 0.5), 0.5, false],
  ["missing numbers alone", spread.map(() => Number.NaN), 1, false],
])("%s", (_, values, step, isRepeated) => {
  expect(shareBeyondRounding(values, step) > 0).toBe(isRepeated);
});

test("the share counts all rows whose number another row has", () => {
  expect(shareBeyondRounding(Float64Array.of(0.5, 0.5, 0.5, Math.PI, Math.E, Number.NaN), 0)).toBe(0.6);
});
