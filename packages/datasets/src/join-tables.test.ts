import { expect, test } from "vitest";
import { joinTables } from "./join-tables.ts";
import { createTable, takeTableRows } from "./table.ts";

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
