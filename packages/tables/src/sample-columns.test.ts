import { ndArray } from "@pushforward/core";
import { expect, test } from "vitest";
import { sampleColumns } from "./sample-columns.ts";

test("samples are rounded to the grid of their column, and to no other", () => {
  const samples = ndArray([2, 4], Float64Array.from([0.34, 7.4, 1.23, 999.9, 0.26, -0.2, 4.56, 1049]));
  const schema = {
    columns: ["tenths", "counts", "real", "hundreds"],
    context: [],
    integers: ["tenths", "counts", "hundreds"],
    steps: [0.1, 1, 100],
  };
  const columns = sampleColumns(schema, samples);
  expect(columns.map(({ name }) => name)).toEqual(schema.columns);
  expect(columns.map(({ values }) => [...values])).toEqual([
    [0.3, 0.3],
    [7, 0],
    [1.23, 4.56],
    [1000, 1000],
  ]);
  expect(Object.is(columns[1]?.values[1], 0)).toBe(true);
});

test("a grid without a spacing is that of the integers", () => {
  const [column] = sampleColumns(
    { columns: ["n"], context: [], integers: ["n"] },
    ndArray([1, 1], Float64Array.of(2.6)),
  );
  expect([...(column?.values ?? [])]).toEqual([3]);
});
