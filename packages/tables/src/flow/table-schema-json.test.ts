import { ModelFileError } from "@pushforward/core";
import { expect, test } from "vitest";
import type { TableSchema } from "./table-schema.ts";
import { tableMetadata, tableSchemaFromJson, tableSchemaToJson } from "./table-schema-json.ts";

const SCHEMA: TableSchema = {
  columns: ["height", "age", "constructor"],
  context: [
    { name: "year", kind: "number" },
    { name: "species", kind: "category", categories: ["Adelie", "__proto__"] },
  ],
  integers: ["height", "age"],
  steps: [0.1, 1],
};

test("a schema survives the model file, grid spacings included", () => {
  const json = JSON.parse(JSON.stringify(tableSchemaToJson(SCHEMA)));
  expect(tableSchemaFromJson(json)).toEqual(SCHEMA);
});

test("a table without context or grids stays small", () => {
  const schema: TableSchema = { columns: ["x"], context: [] };
  expect(tableSchemaToJson({ ...schema, integers: ["x"], steps: [1] })).toEqual({
    columns: ["x"],
    integers: ["x"],
    context: [],
  });
  expect(tableSchemaFromJson(tableSchemaToJson(schema))).toEqual(schema);
});

test.each([
  [{ columns: ["x"], context: [], integers: ["y"] }, /table\.integers: expected names of columns, got "y"\./],
  [{ columns: ["x"], context: [], integers: ["x"], steps: [1, 2] }, /table\.steps: expected 1 numbers/],
  [{ columns: ["x"], context: [], integers: ["x"], steps: [0] }, /table\.steps/],
  [{ columns: ["x"], context: [{ name: "c", kind: "constructor" }] }, /table\.context\.kind/],
  [{ context: [] }, /expected a field "columns"/],
])("a schema that contradicts itself is refused: %j", (json, message) => {
  expect(() => tableSchemaFromJson(json)).toThrow(ModelFileError);
  expect(() => tableSchemaFromJson(json)).toThrow(message);
});

test("metadata without a table describes none", () => {
  expect(tableMetadata({ table: { columns: [] } })).toEqual({ columns: [] });
  for (const metadata of [null, [], "table", {}, { other: 1 }]) expect(tableMetadata(metadata)).toBeUndefined();
});
