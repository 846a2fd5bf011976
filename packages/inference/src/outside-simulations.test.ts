import { DataError, ndArray, ShapeError } from "@pushforward/core";
import { expect, test } from "vitest";
import { outsideSimulations } from "./outside-simulations.ts";

const simulations = ndArray([3, 2], Float64Array.of(0, 10, 1, 30, 2, 20));

test("numbers within the range of their column are inside, its ends too", () => {
  expect(outsideSimulations(simulations, [1.5, 25])).toEqual([]);
  expect(outsideSimulations(simulations, Float32Array.of(2, 10))).toEqual([]);
});

test("each number that no simulation reached is named with the range", () => {
  expect(outsideSimulations(simulations, [-1, 40])).toEqual([
    { column: 0, value: -1, low: 0, high: 2 },
    { column: 1, value: 40, low: 10, high: 30 },
  ]);
});

test("an observation of another size, or with NaN, is refused", () => {
  expect(() => outsideSimulations(simulations, [1])).toThrow(ShapeError);
  expect(() => outsideSimulations(simulations, [1, Number.NaN])).toThrow(
    new DataError("outside: expected finite numbers, got NaN in column 1."),
  );
});

test("missing numbers are skipped where they are accepted", () => {
  const some = ndArray([3, 2], Float64Array.of(0, 10, Number.NaN, 30, 2, 20));
  expect(outsideSimulations(some, [Number.NaN, 40], true)).toEqual([{ column: 1, value: 40, low: 10, high: 30 }]);
  expect(outsideSimulations(some, [3, Number.NaN], true)).toEqual([{ column: 0, value: 3, low: 0, high: 2 }]);
  expect(() => outsideSimulations(some, [Number.POSITIVE_INFINITY, 10], true)).toThrow(DataError);
});
