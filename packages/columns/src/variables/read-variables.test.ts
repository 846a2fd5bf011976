import { parseCsv, type Table } from "@pushforward/datasets";
import { expect, test } from "vitest";
import { findVariables } from "../finding/find-variables.ts";
import { readVariables } from "./read-variables.ts";

const read = (csv: string): Table => parseCsv(csv, { kinds: "text", missing: "keep" });
const { variables } = findVariables(
  read('age,price,when,sex\n30,"$1,000",31.12.2020,f\n?,$20,01.01.2021,m\n5,$3,01.01.2021,m\n'),
);

test("other tables are read in the formats of the first one, whatever the order of their columns", () => {
  const { table } = readVariables(
    read('sex,extra,when,price,age\nx,1,02.03.2021,"$5,000",?\n,2,?,NA,7.5\n'),
    variables,
  );
  expect(table.columns).toEqual([
    { name: "age", kind: "number", values: Float64Array.of(Number.NaN, 7.5) },
    { name: "price", kind: "number", values: Float64Array.of(5000, Number.NaN) },
    { name: "when", kind: "number", values: Float64Array.of(Date.parse("2021-03-02") / 1000, Number.NaN) },
    { name: "sex", kind: "text", values: ["x", ""], missing: new Set([1]) },
  ]);
});

test("columns of numbers stay as they are", () => {
  const values = Float64Array.of(1, 2.5);
  const age = variables.slice(0, 1);
  const { table } = readVariables({ rows: 2, columns: [{ name: "age", kind: "number", values }] }, age);
  expect(table.columns[0]?.values).toBe(values);
});

test("booleans have their words", () => {
  const smoker = findVariables(read("smoker\nyes\nno\n?\n")).variables;
  const { table } = readVariables(read("smoker\nno\n?\nNA\n"), smoker);
  expect(table.columns[0]).toMatchObject({ values: ["no", "?", "NA"], missing: new Set([1, 2]) });
  expect(() => readVariables(read("smoker\nno\nperhaps\n"), smoker)).toThrow(
    'row 2, column "smoker": expected one of no, yes, got "perhaps".',
  );
});

test.each([
  [
    "age,price,when,sex\n1,$2,01.01.2021,f\nold,$2,01.01.2021,f\n",
    'data.csv, row 2, column "age": expected a number, got "old". If "old" marks a missing value, say so (missingValues: ["old"]).',
  ],
  ["age,price,when,sex\n1,2,01.01.2021,f\n", 'data.csv, row 1, column "price": expected a number, got "2".'],
  [
    "age,price,when,sex\n1,$2,2021-01-01,f\n",
    'data.csv, row 1, column "when": expected a date (%d.%m.%Y), got "2021-01-01".',
  ],
  ["age,price,sex\n1,$2,f\n", 'data.csv: expected a column "when", got the columns "age", "price", "sex".'],
])("%j is refused", (csv, message) => {
  expect(() => readVariables(read(csv), variables, { file: "data.csv" })).toThrow(message);
});

test("what marked missing categories in the first file does so in others", () => {
  const first = parseCsv("kind\na\nb\n?\na\nb\n", { kinds: "text", missing: "keep", missingValues: ["?"] });
  const { table } = readVariables(read("kind\n?\nb\n"), findVariables(first).variables);
  expect(table.columns[0]).toMatchObject({ kind: "text", missing: new Set([0]) });
});

test("rows are counted as the reader of the file counts them", () => {
  const chunk = { ...read("age,price,when,sex\n1,$2,x,f\n"), rowNumbers: Float64Array.of(7001) };
  expect(() => readVariables(chunk, variables, { file: "late.csv" })).toThrow('late.csv, row 7001, column "when": ');
});
