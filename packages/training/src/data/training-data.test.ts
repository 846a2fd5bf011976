import { useBackend } from "@pushforward/backend";
import { DataError, ndArray, ShapeError } from "@pushforward/core";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { gatherRows, readTable, selectRows, type TrainingData } from "./training-data.ts";

beforeAll(() => useBackend("cpu"));

const rows = [
  [1, 2],
  [3, 4],
  [5, 6],
];

describe("readTable", () => {
  test("takes every form of the same numbers", () => {
    const tensor = tf.tensor2d(rows);
    const forms: TrainingData[] = [
      rows,
      { x: rows },
      ndArray([3, 2], Float32Array.of(1, 2, 3, 4, 5, 6)),
      ndArray([3, 2], Float64Array.of(1, 2, 3, 4, 5, 6)),
      tensor,
      tf.cast(tensor, "int32"),
    ];
    for (const form of forms) {
      const { x } = readTable(form, "train");
      expect(x.shape).toEqual([3, 2]);
      expect(Array.from(gatherRows(x, Int32Array.of(2, 0)))).toEqual([5, 6, 1, 2]);
    }
    expect(readTable([1, 2, 3], "train").x.shape).toEqual([3]);
    expect(readTable(Float32Array.of(1, 2), "train").x.shape).toEqual([2]);
  });

  test("a tensor may be disposed and changed afterwards", () => {
    const tensor = tf.tensor2d(rows);
    const { x } = readTable(tensor, "train");
    (tensor.dataSync() as Float32Array)[0] = 99;
    tensor.dispose();
    expect(x.data[0]).toBe(1);
  });

  const bad: [name: string, data: TrainingData, text: string, location?: object][] = [
    [
      "NaN",
      [
        [1, 2],
        [3, Number.NaN],
      ],
      "train: expected finite float32 numbers in x, got NaN in row 2, column 2. Drop these rows or fill them in.",
      { row: 2, column: "2" },
    ],
    [
      "several",
      [
        [Number.POSITIVE_INFINITY, 2],
        [3, Number.NaN],
      ],
      "train: expected finite float32 numbers in x, got Infinity in row 1, column 1 (the first of 2 such values). Drop these rows or fill them in.",
      { row: 1, column: "1" },
    ],
    [
      "beyond float32",
      [1, 1e39],
      "train: expected finite float32 numbers in x, got 1e+39 in row 2. Drop these rows or fill them in.",
      { row: 2 },
    ],
    [
      "NaN in the context",
      { x: [1, 2], context: [[0], [Number.NaN]] },
      "train: expected finite float32 numbers in context, got NaN in row 2, column 1. Drop these rows or fill them in.",
      { row: 2, column: "1" },
    ],
    ["no rows", [], "train: expected at least one row in x, got none."],
    [
      "negative weight",
      { x: [1, 2], weights: [1, -3] },
      "train: expected weights of at least 0, got -3 in row 2.",
      { row: 2 },
    ],
    ["no weight", { x: [1, 2], weights: [0, 0] }, "train: expected a weight above 0, got none."],
  ];
  for (const [name, data, text, location = {}] of bad) {
    test(`refuses ${name} with a DataError`, () => {
      const error = caught(() => readTable(data, "train"));
      expect(error).toBeInstanceOf(DataError);
      expect((error as DataError).message).toBe(text);
      expect((error as DataError).location).toEqual(location);
    });
  }

  const misshapen: [data: TrainingData, text: string][] = [
    [[[1, 2], [3]], "train: expected 2 columns in row 2 of x, got 1."],
    [{ shape: [], data: Float32Array.of(1) }, "train: expected x of shape [n, ...event], got a scalar."],
    [{ shape: [2, 2], data: new Float32Array(3) }, "train: expected 4 values in x for shape [2, 2], got 3."],
    [[[], []], "train: expected at least one column in x, got shape [2, 0]."],
    [{ x: [1, 2], context: [[1]] }, "train: expected 2 rows of context, one for each row of x, got 1."],
    [{ x: [1, 2], weights: [1, 1, 1] }, "train: expected weights of shape [2], got [3]."],
    ["abc" as unknown as TrainingData, "train: expected x as an array of rows, an NdArray or a tensor, got string."],
  ];
  for (const [data, text] of misshapen) {
    test(`refuses with: ${text}`, () => {
      const error = caught(() => readTable(data, "train"));
      expect(error).toBeInstanceOf(ShapeError);
      expect((error as Error).message).toBe(text);
    });
  }

  test("rows of weight 0 are left out and the others scaled to mean 1", () => {
    const table = readTable({ x: [1, 2, 3], weights: [1, 0, 3] }, "train");
    expect(Array.from(table.rows)).toEqual([0, 2]);
    expect([0, 2].map((row) => table.weights?.[row])).toEqual([0.5, 1.5]);
    expect(selectRows(table, Int32Array.of(2)).weights?.[2]).toBe(1);
  });
});

function caught(f: () => unknown): unknown {
  try {
    f();
  } catch (error) {
    return error;
  }
  return undefined;
}
