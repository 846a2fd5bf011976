import { ModelFileError } from "@pushforward/core";
import { expect, test } from "vitest";
import {
  classColumns,
  contextNames,
  contextSize,
  gridSpacing,
  layoutFromJson,
  layoutKinds,
  layoutNames,
  layoutToJson,
  type RowLayout,
  tableMetadata,
} from "./row-layout.ts";

const LAYOUT: RowLayout = {
  columns: ["a", "__proto__"],
  context: [
    { name: "c", kind: "category", categories: ["p", "q", "r"] },
    { name: "y", kind: "number" },
    { name: "d", kind: "category", categories: ["s"] },
  ],
  integers: ["a"],
};

test("the context vector has one entry per number and one per category", () => {
  expect(contextSize(LAYOUT)).toBe(5);
  expect(classColumns(LAYOUT)).toEqual([[0, 1, 2], [4]]);
  expect(contextNames(LAYOUT)).toEqual(["c", "y", "d"]);
  expect(layoutNames(LAYOUT)).toEqual(["a", "__proto__", "c", "y", "d"]);
});

test("every name is a key of its own, also those that objects inherit", () => {
  const kinds = layoutKinds(LAYOUT);
  expect(Object.keys(kinds)).toEqual(["a", "__proto__", "c", "y", "d"]);
  expect(Object.entries(kinds).map(([, kind]) => kind)).toEqual(["number", "number", "text", "number", "text"]);
});

test("the grid of integers has spacing 1, and a column of real numbers has none", () => {
  expect(gridSpacing(LAYOUT, "a")).toBe(1);
  expect(gridSpacing(LAYOUT, "__proto__")).toBeUndefined();
});

const STORED: RowLayout = {
  columns: ["height", "age", "constructor"],
  context: [
    { name: "year", kind: "number" },
    { name: "species", kind: "category", categories: ["Adelie", "__proto__"] },
  ],
  integers: ["height", "age"],
  steps: [0.1, 1],
};

test("a layout survives the model file, grid spacings included", () => {
  const json = JSON.parse(JSON.stringify(layoutToJson(STORED)));
  expect(layoutFromJson(json)).toEqual(STORED);
});

test("a table without context or grids stays small", () => {
  const layout: RowLayout = { columns: ["x"], context: [] };
  expect(layoutToJson({ ...layout, integers: ["x"], steps: [1] })).toEqual({
    columns: ["x"],
    integers: ["x"],
    context: [],
  });
  expect(layoutFromJson(layoutToJson(layout))).toEqual(layout);
});

test.each([
  [{ columns: ["x"], context: [], integers: ["y"] }, /table\.integers: expected names of columns, got "y"\./],
  [{ columns: ["x"], context: [], integers: ["x"], steps: [1, 2] }, /table\.steps: expected 1 numbers/],
  [{ columns: ["x"], context: [], integers: ["x"], steps: [0] }, /table\.steps/],
  [{ columns: ["x"], context: [{ name: "c", kind: "constructor" }] }, /table\.context\.kind/],
  [{ context: [] }, /expected a field "columns"/],
])("a layout that contradicts itself is refused: %j", (json, message) => {
  expect(() => layoutFromJson(json)).toThrow(ModelFileError);
  expect(() => layoutFromJson(json)).toThrow(message);
});

test("metadata without a table describes none", () => {
  expect(tableMetadata({ table: { columns: [] } })).toEqual({ columns: [] });
  for (const metadata of [null, [], "table", {}, { other: 1 }]) expect(tableMetadata(metadata)).toBeUndefined();
});
