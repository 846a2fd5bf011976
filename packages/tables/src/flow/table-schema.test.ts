import { expect, test } from "vitest";
import {
  classColumns,
  contextNames,
  contextSize,
  gridSpacing,
  schemaKinds,
  schemaNames,
  type TableSchema,
} from "./table-schema.ts";

const SCHEMA: TableSchema = {
  columns: ["a", "__proto__"],
  context: [
    { name: "c", kind: "category", categories: ["p", "q", "r"] },
    { name: "y", kind: "number" },
    { name: "d", kind: "category", categories: ["s"] },
  ],
  integers: ["a"],
};

test("the context vector has one entry per number and one per category", () => {
  expect(contextSize(SCHEMA)).toBe(5);
  expect(classColumns(SCHEMA)).toEqual([[0, 1, 2], [4]]);
  expect(contextNames(SCHEMA)).toEqual(["c", "y", "d"]);
  expect(schemaNames(SCHEMA)).toEqual(["a", "__proto__", "c", "y", "d"]);
});

test("every name is a key of its own, also those that objects inherit", () => {
  const kinds = schemaKinds(SCHEMA);
  expect(Object.keys(kinds)).toEqual(["a", "__proto__", "c", "y", "d"]);
  expect(Object.entries(kinds).map(([, kind]) => kind)).toEqual(["number", "number", "text", "number", "text"]);
});

test("the grid of integers has spacing 1, and a column of real numbers has none", () => {
  expect(gridSpacing(SCHEMA, "a")).toBe(1);
  expect(gridSpacing(SCHEMA, "__proto__")).toBeUndefined();
});
