import { createKey, DataError, type NdArray, ndArray, OptionError, ShapeError } from "@pushforward/core";
import { expect, test } from "vitest";
import { classNumbers, columnSteps, dequantize, prepareRows } from "./prepare-rows.ts";

const key = createKey(0);

function normals(rows: number, columns: number, scale = 1, shift = 0): NdArray {
  const z = createKey(rows).normal(rows * columns);
  return ndArray(
    [rows, columns],
    Float64Array.from(z, (value) => shift + scale * value),
  );
}

test("holds out a tenth, but at least 30 rows and at most half, and no row twice", () => {
  for (const [rows, held] of [
    [1000, 100],
    [200, 30],
    [40, 20],
    [3, 1],
  ] as const) {
    const x = ndArray(
      [rows, 1],
      Float64Array.from({ length: rows }, (_, i) => i + 0.25),
    );
    const { train, validation, standardization } = prepareRows({ x }, { key, bounds: false });
    expect(validation.x.shape).toEqual([held, 1]);
    const back = [...train.x.data, ...validation.x.data].map((z) =>
      Math.round(z * (standardization.sd[0] as number) + (standardization.mean[0] as number) - 0.25),
    );
    expect(back.sort((a, b) => a - b)).toEqual(Array.from({ length: rows }, (_, i) => i));
  }
});

test("standardizes with the statistics of the training rows, and knows the volume", () => {
  const x = normals(500, 2, 3, 10);
  const { train, validation, logVolume, standardization } = prepareRows(
    { x },
    { key, bounds: false, validation: { x } },
  );
  const mean = Array.from(train.x.data).reduce((a, b) => a + b) / 1000;
  expect(mean).toBeCloseTo(0, 10);
  expect(validation.x.data).toEqual(train.x.data);
  expect(logVolume).toBeCloseTo(Math.log((standardization.sd[0] as number) * (standardization.sd[1] as number)), 12);
});

test("integers get noise unless they are left alone", () => {
  const x = ndArray(
    [100, 2],
    Float64Array.from({ length: 200 }, (_, i) => (i % 2 === 0 ? i % 7 : i / 3)),
  );
  expect(prepareRows({ x }, { key, bounds: false }).dequantized.size).toBe(1);
  expect(prepareRows({ x }, { key, bounds: false, dequantize: [] }).dequantized.size).toBe(0);
  expect(() => prepareRows({ x }, { key, dequantize: [2] })).toThrow(
    new OptionError("fitAuto: expected dequantize to name columns from 0 to 1, got 2."),
  );
});

test("one-hot columns stay ones and zeros", () => {
  const x = normals(60, 1);
  const context = ndArray(
    [60, 3],
    Float64Array.from({ length: 180 }, (_, i) => (i % 3 === 2 ? 5 + i : (Math.floor(i / 3) + i) % 3 === 0 ? 1 : 0)),
  );
  const { train, contextStandardization } = prepareRows({ x, context }, { key, contextClasses: [[0, 1]] });
  expect(Array.from(contextStandardization?.sd ?? []).slice(0, 2)).toEqual([1, 1]);
  const values = train.context as NdArray;
  for (let i = 0; i < values.data.length; i++) if (i % 3 < 2) expect([0, 1]).toContain(values.data[i]);
});

test("takes arrays of rows as it takes an NdArray", () => {
  const x = normals(60, 2);
  const rows = Array.from({ length: 60 }, (_, i) => Array.from(x.data.subarray(2 * i, 2 * i + 2)));
  const context = rows.map(([first]) => [first as number]);
  expect(prepareRows({ x: rows, context }, { key, validation: { x: rows, context } })).toEqual(
    prepareRows({ x, context }, { key, validation: { x, context } }),
  );
});

test("says what is wrong", () => {
  const x = normals(50, 2);
  const bad = ndArray([2, 2], Float64Array.of(1, 2, 3, Number.NaN));
  expect(() => prepareRows({ x: bad }, { key, columnNames: ["a", "b"] })).toThrow(
    new DataError('fitAuto: expected finite numbers, got NaN in row 2, column "b".', { row: 2, column: "b" }),
  );
  expect(() => prepareRows({ x: ndArray([4], new Float64Array(4)) }, { key })).toThrow(ShapeError);
  expect(() => prepareRows({ x, context: normals(49, 1) }, { key })).toThrow(
    new ShapeError("fitAuto: expected 50 rows of context, got 49."),
  );
  expect(() => prepareRows({ x }, { key, validation: { x: normals(5, 3) } })).toThrow(
    new ShapeError("fitAuto: expected 2 columns of x in the validation rows, got 3."),
  );
  expect(() => prepareRows({ x: normals(1, 2) }, { key })).toThrow(DataError);
  expect(() => prepareRows({ x }, { key, validation: { x: ndArray([0, 2], new Float64Array(0)) } })).toThrow(DataError);
});

test("classes are the places of the ones", () => {
  const context = ndArray([2, 3], Float64Array.of(7, 0, 1, 7, 1, 0));
  expect([...classNumbers(context, [1, 2])]).toEqual([1, 0]);
  expect(() => classNumbers(context, [1])).toThrow(DataError);
});

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
  [[1.234567, 2.5], 1e-6],
  [[10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110], 10],
  [[0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.1, 1.2], 0.1],
  // Numbers that do not repeat, and a single one, imply no step.
  [[10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120], 1],
  [[0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.1, 1.2, 1.3], undefined],
  [[5000], 1],
  [[0.5], undefined],
  [[1e-9, 3e-9], undefined],
  [[1e9 + 1, 1e9 + 3], 1],
])("the step of %j is %s", (values, step) => {
  expect(columnSteps(column(...values)).get(0)).toBe(step);
});

test.each([
  [2, undefined],
  [4, 0.1],
])("tenths of 100 rows of which %d rows repeat a number have the step %s", (repeated, step) => {
  const values = Float64Array.from({ length: 100 }, (_, i) => 0.3 + Math.max(i, repeated - 1) / 10);
  expect(columnSteps(ndArray([100, 1], values)).get(0)).toBe(step);
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
