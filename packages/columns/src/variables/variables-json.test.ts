import { type Json, ModelFileError } from "@pushforward/core";
import { parseCsv } from "@pushforward/datasets";
import { expect, test } from "vitest";
import { findVariables } from "../finding/find-variable.ts";
import { variablesFromJson, variablesToJson } from "./variables-json.ts";

const csv =
  'age,price,when,smoker,sex,"__proto__",key\n30,"$1,000.50",31.12.2020,yes,f,x,k1\n?,$20.00,01.01.2021,no,m,x,k2\n5,$3.10,01.01.2021,no,m,,k3\n';
const { variables } = findVariables(parseCsv(csv, { kinds: "text", missing: "keep" }));

test("variables survive JSON", () => {
  expect(variables.map(({ kind }) => kind)).toEqual([
    "integer",
    "real",
    "date",
    "boolean",
    "category",
    "category",
    "id",
  ]);
  const text = JSON.stringify(variablesToJson(variables));
  expect(variablesFromJson(JSON.parse(text) as Json)).toEqual(variables);
});

const good = { name: "x", kind: "real", rows: 3, missingRows: 0, distinct: 2 };

test.each([
  [null],
  [{}],
  ["x"],
  [[1]],
  [[{ ...good, name: 1 }]],
  [[{ ...good, kind: "float" }]],
  [[{ ...good, kind: "__proto__" }]],
  [[{ ...good, rows: -1 }]],
  [[{ ...good, missingRows: 4 }]],
  [[{ ...good, distinct: 1.5 }]],
  [[{ ...good, step: 0 }]],
  [[{ ...good, step: null }]],
  [[{ ...good, min: 1 }]],
  [[{ ...good, min: 2, max: 1 }]],
  [[{ ...good, kind: "date" }]],
  [[{ ...good, kind: "date", format: "year" }]],
  [[{ ...good, kind: "date", format: `%Y${" ".repeat(100)}` }]],
  [[{ ...good, words: ["no"] }]],
  [[{ ...good, words: ["no", "yes", "perhaps"] }]],
  [[{ ...good, missing: [1] }]],
  [[{ ...good, numberFormat: { decimals: 99 } }]],
  [[{ ...good, numberFormat: { decimal: "x" } }]],
  [[{ ...good, numberFormat: { thousands: "x".repeat(1000) } }]],
  [[{ ...good, numberFormat: { digits: 1e9 } }]],
  [[{ ...good, numberFormat: { colour: "red" } }]],
  [[{ ...good, other: true }]],
  [[good, good]],
  [Array.from({ length: 70_000 }, (_, i) => ({ ...good, name: `x${i}` }))],
])("hostile variables are refused", (json) => {
  expect(() => variablesFromJson(json as Json)).toThrow(ModelFileError);
});
