import { createKey, type NdArray, ndArray } from "@pushforward/core";
import { expect, test } from "vitest";
import { columnSteps, dequantize } from "./column-steps.ts";

const table = ndArray([3, 3], Float64Array.of(1, 0.5, -2, 2, 1, 1e9, 2, 2, 0));

/** Twelve rows of one column, from four values. */
const column = (...values: readonly number[]): NdArray =>
  ndArray(
    [12, 1],
    Float64Array.from({ length: 12 }, (_, i) => values[i % values.length] as number),
  );

test("finds the columns in which every number is an integer", () => {
  expect([...columnSteps(table)]).toEqual([
    [0, 1],
    [2, 1],
  ]);
});

test.each([
  [[0, 50, 200, -150], 50],
  [[3, 53, 100, 150], 1],
  [[0.1, 0.3, -0.7, 2], 0.1],
  [[0.1 + 0.2, 1.7, -0.7, 1e5], 0.1],
  [[0.25, 0.5, -1.75, 3], 0.25],
  [[1e6, 3e6, 5e6, 1.5e7], 1e6],
  [[0, 1], 1],
  [[1.234567, 2.5], undefined],
  // Numbers that hardly repeat, and a single one, say nothing of a step.
  [[10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110], 1],
  [[0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.1, 1.2], undefined],
  [[5000], 1],
  [[0.5], undefined],
  [[1e-9, 3e-9], undefined],
  [[1e9 + 1, 1e9 + 3], 1],
])("the step of %j is %s", (values, step) => {
  expect(columnSteps(column(...values)).get(0)).toBe(step);
});

test("adds noise of half a step to the columns that are named, and to no others, the same for the same key", () => {
  const key = createKey(1);
  const steps = new Map([
    [0, 1],
    [2, 50],
  ]);
  const { data } = dequantize(table, steps, key);
  for (const [i, value] of table.data.entries()) {
    const noise = (data[i] as number) - value;
    if (i % 3 === 1) expect(noise).toBe(0);
    else expect(Math.abs(noise)).toBeLessThanOrEqual(i % 3 === 0 ? 0.5 : 25);
  }
  expect(data[0]).not.toBe(table.data[0]);
  expect(dequantize(table, steps, key).data).toEqual(data);
  const many = dequantize(ndArray([10_000, 1], new Float64Array(10_000)), new Map([[0, 10]]), key).data as Float64Array;
  const mean = many.reduce((a, b) => a + b) / many.length;
  const square = many.reduce((a, b) => a + b * b) / many.length;
  expect(Math.abs(mean)).toBeLessThan(0.1);
  expect(square / 100).toBeCloseTo(1 / 12, 2);
});
