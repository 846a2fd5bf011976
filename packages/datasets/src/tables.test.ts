import { DataError, ndArray, OptionError } from "@pushforward/core";
import { expect, test } from "vitest";
import { formatCsv } from "./csv/format-csv.ts";
import { parseCsv } from "./csv/parse-csv.ts";
import { earthquakes, penguins } from "./examples.ts";
import { createTable, getColumn, joinTables, oneHot, selectColumns, takeColumns, takeTableRows } from "./tables.ts";

const birds = createTable([
  { name: "kind", kind: "text", values: ["b", "a", "b"] },
  { name: "mass", kind: "number", values: Float64Array.of(1, 2, 3) },
  { name: "age", kind: "number", values: Float64Array.of(4, 5, 6) },
]);

test("columns become an array in the order asked for", () => {
  expect(selectColumns(birds)).toEqual({ shape: [3, 2], data: Float64Array.of(1, 4, 2, 5, 3, 6) });
  expect(selectColumns(birds, ["age"])).toEqual({ shape: [3, 1], data: Float64Array.of(4, 5, 6) });
  expect(() => selectColumns(birds, ["kind"])).toThrow('selectColumns: expected numbers in column "kind", got text.');
  expect(() => getColumn(birds, "size")).toThrow(
    'getColumn: expected a column "size", got the columns "kind", "mass", "age".',
  );
});

test("one column of 0 and 1 for each category", () => {
  expect(oneHot(birds, "kind")).toEqual({
    categories: ["a", "b"],
    data: { shape: [3, 2], data: Float64Array.of(0, 1, 1, 0, 0, 1) },
  });
  expect(oneHot(birds, "kind", ["b", "c", "a"]).data.data).toEqual(Float64Array.of(1, 0, 0, 0, 0, 1, 1, 0, 0));
  expect(oneHot(birds, "mass").categories).toEqual(["1", "2", "3"]);
  expect(() => oneHot(birds, "kind", ["a"])).toThrow('oneHot: expected one of a in column "kind", got "b" in row 1.');
  expect(() => oneHot(birds, "kind", ["a", "a"])).toThrow(OptionError);
});

test("rows are taken in their order", () => {
  expect(takeTableRows(birds, [2, 0])).toEqual(
    createTable([
      { name: "kind", kind: "text", values: ["b", "b"] },
      { name: "mass", kind: "number", values: Float64Array.of(3, 1) },
      { name: "age", kind: "number", values: Float64Array.of(6, 4) },
    ]),
  );
});

test("columns must agree", () => {
  const short = { name: "x", kind: "number", values: new Float64Array(2) } as const;
  expect(() => createTable([...birds.columns, short])).toThrow('createTable: expected 3 values in column "x", got 2.');
  expect(() => createTable([short, short])).toThrow(DataError);
});

const sum = (values: ArrayLike<number>): number => Array.from(values).reduce((a, b) => a + b, 0);

test("penguins are those of the source", () => {
  const source = penguins();
  expect(source.rows).toBe(342);
  // Sums over the source file, by Python.
  for (const [name, total] of [
    ["bill_length_mm", 15021.3],
    ["bill_depth_mm", 5865.7],
    ["flipper_length_mm", 68713],
    ["body_mass_g", 1437000],
  ] as const) {
    expect(sum(selectColumns(source, [name]).data)).toBeCloseTo(total, 6);
  }
  const counts = ["species", "island", "sex"].map((name) => {
    const { categories, data } = oneHot(source, name);
    return categories.map((category, j) => [category, sum(data.data.filter((_, i) => i % 3 === j))]);
  });
  expect(counts).toEqual([
    [
      ["Adelie", 151],
      ["Chinstrap", 68],
      ["Gentoo", 123],
    ],
    [
      ["Biscoe", 167],
      ["Dream", 124],
      ["Torgersen", 51],
    ],
    [
      ["female", 165],
      ["male", 168],
      ["unknown", 9],
    ],
  ]);
});

test("earthquakes are those of the source", () => {
  const source = earthquakes();
  expect(source.rows).toBe(1707);
  for (const [name, total] of [
    ["longitude", -192238.45136410007],
    ["latitude", 65610.65451469996],
    ["depth", 29098.266],
    ["magnitude", 2616.39],
  ] as const) {
    expect(sum(selectColumns(source, [name]).data)).toBeCloseTo(total, 6);
  }
});

test("the bundled sets go through CSV unchanged", () => {
  for (const source of [penguins(), earthquakes()])
    expect(parseCsv(formatCsv(source))).toMatchObject({ ...source, dropped: 0 });
});

test("the parts of a table, joined, are the table, with its missing cells", () => {
  const table = createTable([
    { name: "n", kind: "number", values: Float64Array.of(1, Number.NaN, 3) },
    { name: "t", kind: "text", values: ["a", "", "c"], missing: new Set([1]) },
  ]);
  expect(joinTables([[0], [1, 2]].map((rows) => takeTableRows(table, rows)))).toEqual(table);
});

test("no tables make no table", () => {
  expect(joinTables([])).toBeUndefined();
});

test("columns come in the order that is asked for", () => {
  const matrix = ndArray([2, 3], Float64Array.of(7, 0, 1, 7, 1, 0));
  expect(takeColumns(matrix, [2, 0]).data).toEqual(Float64Array.of(1, 7, 0, 7));
  expect(takeColumns(matrix, [2, 0]).shape).toEqual([2, 2]);
});
