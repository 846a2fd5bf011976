import { createKey, DataError, ndArray, ShapeError } from "@pushforward/core";
import { expect, test } from "vitest";
import { checkFinite, columnStatistics, standardize } from "./column-statistics.ts";

const relative = (a: number, b: number): number => Math.abs(a / b - 1);

test.each([
  [0, 1],
  [1e6, 1e-3],
  [-1e8, 1e-8],
  [1e8, 1e8],
  [3e15, 7],
  [0, 1e-300],
  [0, 5e307],
])("offset %d, scale %d", (offset, scale) => {
  // The values are offset ± scale · (1, 3), as they round in float64.
  const data = Float64Array.from([-3, -1, 1, 3], (k) => offset + k * scale);
  const [a, b] = [(data[3] as number) / 2 - (data[0] as number) / 2, (data[2] as number) / 2 - (data[1] as number) / 2];
  const { mean, sd, constant } = columnStatistics(ndArray([4, 1], data));
  expect(constant).toEqual([]);
  expect(Math.abs((mean[0] as number) - offset)).toBeLessThanOrEqual(1e-15 * Math.max(Math.abs(offset), scale));
  // Symmetric pairs: the variance is half the sum of the squared half distances.
  expect(relative(sd[0] as number, a * Math.sqrt((1 + (b / a) ** 2) / 2))).toBeLessThan(
    2e-15 + 1e-8 * Number(offset === -1e8),
  );
});

test("a million rows with a large offset", () => {
  const noise = createKey(1).normal(1_000_000);
  const plain = columnStatistics(ndArray([noise.length, 1], Float64Array.from(noise)));
  const moved = columnStatistics(
    ndArray(
      [noise.length, 1],
      Float64Array.from(noise, (z) => 1e6 + z),
    ),
  );
  expect(relative(moved.sd[0] as number, plain.sd[0] as number)).toBeLessThan(1e-10);
  expect(Math.abs((moved.mean[0] as number) - 1e6 - (plain.mean[0] as number))).toBeLessThan(1e-9);
});

test("a constant column gets scale 1 and is reported", () => {
  const data = ndArray([3, 3], Float64Array.of(7.1, 1, 0, 7.1, 2, 0, 7.1, 4, 0));
  const statistics = columnStatistics(data);
  expect(statistics.constant).toEqual([0, 2]);
  expect(Array.from(statistics.sd)).toEqual([1, expect.closeTo(1.247219128924647, 14), 1]);
  expect(statistics.mean[0]).toBe(7.1);
  const scaled = standardize(data, statistics).data;
  expect([scaled[0], scaled[2]]).toEqual([0, 0]);
  expect((scaled[1] as number) + (scaled[4] as number) + (scaled[7] as number)).toBeCloseTo(0, 14);
});

test("one row is constant in every column", () => {
  expect(columnStatistics(ndArray([1, 2], Float64Array.of(3, 4)))).toEqual({
    mean: Float64Array.of(3, 4),
    sd: Float64Array.of(1, 1),
    constant: [0, 1],
  });
});

test("bad values are located and counted", () => {
  const data = ndArray([2, 2], Float64Array.of(1, 2, Number.NaN, Number.POSITIVE_INFINITY));
  expect(() => checkFinite("train", data, ["mass", "age"])).toThrow(
    'train: expected finite numbers, got NaN in row 2, column "mass". 1 more value is not finite either.',
  );
  expect(() => columnStatistics(data)).toThrow(DataError);
  expect(() => columnStatistics(ndArray([0, 2], new Float64Array(0)))).toThrow("expected at least one row, got none.");
  expect(() => columnStatistics(ndArray([2], new Float64Array(2)))).toThrow(ShapeError);
  expect(() =>
    standardize(ndArray([1, 2], new Float64Array(2)), { mean: Float64Array.of(0), sd: Float64Array.of(1) }),
  ).toThrow("standardize: expected 1 columns, got 2.");
});
