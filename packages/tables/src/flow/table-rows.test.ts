import { DataError } from "@pushforward/core";
import { createTable } from "@pushforward/datasets/extend";
import { expect, test } from "vitest";
import type { RowLayout } from "./row-layout.ts";
import { contextValues, contextVector, hasColumnsOf, pickRows, tableRows } from "./table-rows.ts";

const LAYOUT: RowLayout = {
  columns: ["y", "x"],
  context: [
    { name: "kind", kind: "category", categories: ["p", "q"] },
    { name: "year", kind: "number" },
  ],
};

const TABLE = createTable([
  { name: "x", kind: "number", values: Float64Array.of(1, 2, 3) },
  { name: "y", kind: "number", values: Float64Array.of(10, 20, 30) },
  { name: "kind", kind: "text", values: ["q", "p", "q"] },
  { name: "year", kind: "number", values: Float64Array.of(2007, 2008, 2009) },
]);

test("rows have the columns in the order of the layout, and a one-hot block per category", () => {
  const rows = tableRows(TABLE, LAYOUT);
  expect(rows.x).toEqual({ shape: [3, 2], data: Float64Array.of(10, 1, 20, 2, 30, 3) });
  expect(rows.context).toEqual({ shape: [3, 3], data: Float64Array.of(0, 1, 2007, 1, 0, 2008, 0, 1, 2009) });
  const values = contextValues(TABLE, LAYOUT).map((column) => column[2] as number);
  expect(values).toEqual([1, 2009]);
  expect(contextVector(LAYOUT, values)).toEqual(rows.context?.data.slice(6));
  expect(pickRows(rows, [2, 0]).x.data).toEqual(Float64Array.of(30, 3, 10, 1));
  expect(pickRows(rows, [2, 0]).context?.data).toEqual(Float64Array.of(0, 1, 2009, 0, 1, 2007));
});

test("a table without context gives none", () => {
  expect(tableRows(TABLE, { columns: ["x"], context: [] })).not.toHaveProperty("context");
});

test.each([
  [{ ...LAYOUT, columns: ["z"] }, 'f.csv: expected a column "z" as in the training data, got the columns', "z"],
  [{ ...LAYOUT, columns: ["kind"] }, 'f.csv, column "kind": expected numbers, got text.', "kind"],
  [
    { columns: ["x"], context: [{ name: "kind", kind: "category", categories: ["q"] }] },
    'f.csv, row 2, column "kind": expected one of "q", got "p".',
    "kind",
  ],
] satisfies [RowLayout, string, string][])(
  "a table that does not fit is refused with its place: %j",
  (layout, text, column) => {
    expect(() => tableRows(TABLE, layout, "f.csv")).toThrow(text);
    let error: unknown;
    try {
      tableRows(TABLE, layout, "f.csv");
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(DataError);
    expect((error as DataError).location).toMatchObject({ file: "f.csv", column });
  },
);

test("whether a table fits a layout", () => {
  expect(hasColumnsOf(TABLE, LAYOUT)).toBe(true);
  expect(hasColumnsOf(TABLE, { ...LAYOUT, columns: ["kind"] })).toBe(false);
  expect(
    hasColumnsOf(TABLE, { columns: ["x"], context: [{ name: "kind", kind: "category", categories: ["p"] }] }),
  ).toBe(false);
});
