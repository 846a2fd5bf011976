import { createKey, ndArray } from "@pushforward/core";
import { expect, test } from "vitest";
import { dequantise, integerColumns } from "./integer-columns.ts";

const table = ndArray([3, 3], Float64Array.of(1, 0.5, -2, 2, 1, 1e9, 2, 2, 0));

test("finds the columns in which every number is an integer", () => {
  expect(integerColumns(table)).toEqual([0, 2]);
  expect(integerColumns(ndArray([0, 2], new Float64Array(0)))).toEqual([0, 1]);
});

test("adds noise of ±½ to the columns that are named, and to no others, the same for the same key", () => {
  const key = createKey(1);
  const { data } = dequantise(table, [0, 2], key);
  for (const [i, value] of table.data.entries()) {
    const noise = (data[i] as number) - value;
    if (i % 3 === 1) expect(noise).toBe(0);
    else expect(Math.abs(noise)).toBeLessThanOrEqual(0.5);
  }
  expect(data[0]).not.toBe(table.data[0]);
  expect(dequantise(table, [0, 2], key).data).toEqual(data);
  const many = Array.from(dequantise(ndArray([10_000, 1], new Float64Array(10_000)), [0], key).data);
  const mean = many.reduce((a, b) => a + b) / many.length;
  const square = many.reduce((a, b) => a + b * b) / many.length;
  expect(Math.abs(mean)).toBeLessThan(0.01);
  expect(square).toBeCloseTo(1 / 12, 2);
});
