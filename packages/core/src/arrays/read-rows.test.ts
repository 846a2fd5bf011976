import { useBackend } from "@pushforward/backend";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { readEvents, readMatrix, readRows } from "../extend.ts";
import { DataError, DisposedError, ndArray, type RowsLike, ShapeError } from "../index.ts";
import { takeHostRows } from "../plain.ts";

beforeAll(() => useBackend("cpu"));

const table = [
  [1, 2],
  [3, 4],
  [5, 6],
];
const values = [1, 2, 3, 4, 5, 6];

describe("readRows", () => {
  test("takes every form of the same table", () => {
    const forms: readonly RowsLike[] = [
      table,
      table.map((row) => Float32Array.from(row)),
      table.map((row) => Float64Array.from(row)),
      ndArray([3, 2], Float32Array.from(values)),
      ndArray([3, 2], Float64Array.from(values)),
      tf.tensor2d(table),
      tf.tensor2d(table, undefined, "int32"),
    ];
    for (const form of forms) {
      expect(readRows(form, "f", "x")).toEqual({ rows: 3, columns: 2, data: Float64Array.from(values) });
    }
  });

  test("takes every form of one column", () => {
    for (const form of [[1, 2], Float32Array.of(1, 2), Float64Array.of(1, 2), [[1], [2]], tf.tensor1d([1, 2])]) {
      expect(readRows(form, "f", "x")).toEqual({ rows: 2, columns: 1, data: Float64Array.of(1, 2) });
    }
  });

  test("keeps float64 and copies", () => {
    const mine = ndArray([1, 1], Float64Array.of(0.1));
    const { data } = readRows(mine, "f", "x");
    expect(data[0]).toBe(0.1);
    mine.data[0] = 9;
    expect(data[0]).toBe(0.1);
  });

  test("lets through what the numbers option allows", () => {
    const of = (x: number, numbers: "finite" | "finite float32" | "finite or -Infinity" | "any") => () =>
      readRows([x], "f", "x", { numbers }).data[0];
    expect(of(1e39, "finite")()).toBe(1e39);
    expect(of(1e39, "finite float32")).toThrow("f: expected finite float32 numbers in x, got 1e+39 in row 1.");
    expect(of(Number.NEGATIVE_INFINITY, "finite or -Infinity")()).toBe(Number.NEGATIVE_INFINITY);
    expect(of(Number.POSITIVE_INFINITY, "finite or -Infinity")).toThrow(DataError);
    expect(of(Number.NEGATIVE_INFINITY, "finite")).toThrow(DataError);
    expect(of(Number.NaN, "any")()).toBeNaN();
  });
});

test("readEvents reads rows of any shape and shares host arrays", () => {
  const cube = [[table, table]];
  expect(readEvents(cube, "f", "x")).toEqual({ shape: [1, 2, 3, 2], data: Float64Array.from([...values, ...values]) });
  const mine = ndArray([1, 2, 1], Float32Array.of(1, 2));
  expect(readEvents(mine, "f", "x").data).toBe(mine.data);
});

test("readMatrix shares host arrays and refuses a flat list", () => {
  const mine = ndArray([2, 1], Float32Array.of(1, 2));
  expect(readMatrix(mine, "f", "x")).toBe(mine);
  expect(readMatrix(table, "f", "x").shape).toEqual([3, 2]);
  expect(() => readMatrix([1, 2], "f", "x")).toThrow(
    new ShapeError("f: expected x of shape [rows, columns], got [2]."),
  );
});

test("a tensor is copied, so that it may be disposed and changed", () => {
  const tensor = tf.tensor2d(table);
  const { data } = readEvents(tensor, "f", "x");
  (tensor.dataSync() as Float32Array)[0] = 99;
  expect(data[0]).toBe(1);
  tensor.dispose();
  expect(() => readRows(tensor, "f", "x")).toThrow(
    new DisposedError("f: expected a live tensor as x, got one that has been disposed."),
  );
});

describe("errors name the row and the column", () => {
  const cases: readonly [value: unknown, error: Error][] = [
    [[1, [2]], new ShapeError("f: expected a number in row 2 of x, got 1.")],
    [[[1, 2], 3], new ShapeError("f: expected 2 columns in row 2 of x, got a number.")],
    [[[1, 2], null], new ShapeError("f: expected 2 columns in row 2 of x, got null.")],
    [[[1, 2], [3]], new ShapeError("f: expected 2 columns in row 2 of x, got 1.")],
    [[[[1]], [[2, 3]]], new ShapeError("f: expected 1 values in row 2 of x, got 2.")],
    [[[[1]], [[2]]], new ShapeError("f: expected x of shape [n, features], got [2, 1, 1].")],
    [ndArray([], Float32Array.of(1)), new ShapeError("f: expected x of shape [n, ...event], got a scalar.")],
    [
      { shape: [2, 2], data: new Float32Array(3) },
      new ShapeError("f: expected 4 values in x for shape [2, 2], got 3."),
    ],
    [[[], []], new ShapeError("f: expected at least one column in x, got shape [2, 0].")],
    ["abc", new ShapeError("f: expected x as an array of rows, an NdArray or a tensor, got string.")],
    [[], new DataError("f: expected at least one row in x, got none.")],
    [
      [
        [1, 2],
        [3, "4"],
      ],
      new DataError('f: expected finite numbers in x, got "4" in row 2, column 2.', { row: 2, column: "2" }),
    ],
    [["1"], new DataError('f: expected finite numbers in x, got "1" in row 1.', { row: 1 })],
    [
      [
        [1, Number.NaN],
        [Number.POSITIVE_INFINITY, 4],
      ],
      new DataError(
        "f: expected finite numbers in x, got NaN in row 1, column 2 (the first of 2 such values). " +
          "Drop these rows or fill them in.",
        { row: 1, column: "2" },
      ),
    ],
  ];
  test.each(cases)("%j", (value, error) => {
    expect(() => readRows(value as RowsLike, "f", "x")).toThrow(error);
  });
});

test("takeHostRows gives the rows in the order asked for", () => {
  const rows = readRows(table, "f", "x");
  expect(takeHostRows(rows, [2, 0, 2])).toEqual({ rows: 3, columns: 2, data: Float64Array.of(5, 6, 1, 2, 5, 6) });
  expect(takeHostRows(rows, []).data.length).toBe(0);
});
