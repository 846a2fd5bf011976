import { createKey, OptionError } from "@pushforward/core";
import { formatCsv, parseCsv, type Table, type TextColumn } from "@pushforward/datasets";
import { describe, expect, test } from "vitest";
import { findVariables } from "../finding/find-variable.ts";
import { readVariables, writeCell, writeVariables } from "./read-variables.ts";
import type { TypedTable, Variable } from "./variable.ts";

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

const ROWS = 60;

/** Numbers from 0 to 1, of float32 and so with enough digits. */
type Draw = () => number;

const pick =
  (...values: string[]) =>
  (draw: Draw): string =>
    values[Math.floor(draw() * values.length)] as string;

const two = (value: number): string => String(Math.floor(value)).padStart(2, "0");
const date = (draw: Draw): string =>
  `${2000 + Math.floor(draw() * 30)}-${two(1 + draw() * 12)}-${two(1 + draw() * 28)}`;
const clock = (draw: Draw): string => `${two(draw() * 24)}:${two(draw() * 60)}:${two(draw() * 60)}`;
const grouped = (value: number): string => value.toFixed(2).replace(/\B(?=(?:\d{3})+(?!\d))/g, ",");

/** Cells as files have them, one entry for each form of column. */
const cells: Readonly<Record<string, (draw: Draw, row: number) => string>> = {
  integers: (draw) => String(Math.floor(draw() * 1000) - 500),
  "real numbers": (draw) => String((draw() - 0.5) * 10 ** Math.floor(draw() * 12 - 6)),
  hundredths: (draw) => (draw() * 100).toFixed(2),
  "tenths of some decimals": (draw) => String(Math.round(draw() * 100) / 10),
  "large and small numbers": (draw) => `${draw() < 0.5 ? "-" : ""}${draw()}e${Math.floor(draw() * 500 - 250)}`,
  money: (draw) => `${draw() < 0.2 ? "-" : ""}$${grouped(draw() * 1e6)}`,
  accounting: (draw) => (draw() < 0.3 ? `(${grouped(draw() * 1e5)})` : grouped(draw() * 1e5)),
  percent: (draw) => `${(draw() * 100).toFixed(1)}%`,
  "decimal commas": (draw) => (draw() * 1000).toFixed(2).replace(".", ","),
  "numbers with gaps": (draw) => (draw() < 0.2 ? "?" : String(Math.floor(draw() * 50))),
  "numbers with empty cells": (draw) => (draw() < 0.2 ? "" : draw().toFixed(3)),
  words: pick(
    "a",
    "b",
    " b",
    "b ",
    "B",
    "__proto__",
    "constructor",
    '"',
    '""',
    ",",
    "x\ny",
    "x\r\ny",
    "ä",
    "😀",
    "e\u0301",
    "é",
  ),
  "words and gaps": pick("a", "b", "", "NA", "c"),
  booleans: pick("Yes", "No"),
  "booleans with gaps": pick("t", "f", "?", ""),
  codes: pick("001", "010", "100"),
  dates: date,
  "German dates": (draw) => date(draw).split("-").reverse().join("."),
  "American dates": (draw) => {
    const [year, month, day] = date(draw).split("-").map(Number);
    return `${month}/${day}/${year}`;
  },
  times: (draw) => `${date(draw)}T${clock(draw)}Z`,
  "times of zones": (draw) => `${date(draw)} ${clock(draw)}+0${Math.floor(draw() * 3)}:30`,
  microseconds: (draw) => `${date(draw)} ${clock(draw)}.${String(Math.floor(draw() * 1e6)).padStart(6, "0")}`,
  "times of day": (draw) => clock(draw).slice(0, 5),
  ids: (_, row) => `id-${row}`,
  "free text": (draw, row) => `Row ${row}, says\n"${draw()}"; ${"and so on ".repeat(5)}`,
  empty: () => "",
};

const quote = (text: string): string => (text === "" || text === "NA" ? text : `"${text.replaceAll('"', '""')}"`);

function csvOf(names: readonly string[], seed: number): string {
  const key = createKey(seed);
  const columns = names.map((name, j) => {
    const numbers = key.fold(j).uniform(ROWS * 24);
    let at = 0;
    const draw = (): number => numbers[at++ % numbers.length] as number;
    return Array.from({ length: ROWS }, (_, row) =>
      quote((cells[name] as (d: Draw, row: number) => string)(draw, row)),
    );
  });
  const lines = Array.from({ length: ROWS }, (_, row) => columns.map((column) => column[row]).join(","));
  return `${names.map(quote).join(",")}\n${lines.join("\n")}\n`;
}

/** Values, with the rows without one as undefined. */
function valuesOf({ table }: TypedTable): unknown[][] {
  return table.columns.map((column) =>
    column.kind === "number"
      ? Array.from(column.values, (value) => (Number.isNaN(value) ? undefined : value))
      : column.values.map((value, row) => (column.missing?.has(row) ? undefined : value)),
  );
}

describe("read, write, read is the identity", () => {
  for (const name of Object.keys(cells)) {
    test(name, () => {
      for (let seed = 0; seed < 20; seed++) {
        // A second column, as a lone empty cell is a blank line.
        const found = findVariables(read(csvOf([name, "integers"].slice(0, name === "integers" ? 1 : 2), seed)));
        const written = read(formatCsv(writeVariables(found)));
        expect(valuesOf(readVariables(written, found.variables))).toEqual(valuesOf(found));
        const again = findVariables(written);
        expect(valuesOf(again)).toEqual(valuesOf(found));
        // Times of several zones are written in one.
        if (name !== "times of zones") expect(again.variables).toEqual(found.variables);
      }
    });
  }

  test("all of them in one table, cell by cell where the column has one form", () => {
    const csv = csvOf(Object.keys(cells), 1);
    const found = findVariables(read(csv));
    const written = writeVariables(found);
    const free = new Set(["real numbers", "large and small numbers", "times of zones"]);
    for (const [j, column] of read(csv).columns.entries()) {
      if (free.has(column.name)) continue;
      expect((written.columns[j] as TextColumn).values, column.name).toEqual(column.values);
    }
  });
});

test("kinds of the generated columns", () => {
  const { variables } = findVariables(read(csvOf(Object.keys(cells), 1)));
  expect(Object.fromEntries(variables.map(({ name, kind }) => [name, kind]))).toEqual({
    integers: "integer",
    "real numbers": "real",
    hundredths: "real",
    "tenths of some decimals": "real",
    "large and small numbers": "real",
    money: "real",
    accounting: "real",
    percent: "real",
    "decimal commas": "real",
    "numbers with gaps": "integer",
    "numbers with empty cells": "real",
    words: "category",
    "words and gaps": "category",
    booleans: "boolean",
    "booleans with gaps": "boolean",
    codes: "category",
    dates: "date",
    "German dates": "date",
    "American dates": "date",
    times: "date",
    "times of zones": "date",
    microseconds: "date",
    "times of day": "date",
    ids: "id",
    "free text": "text",
    empty: "category",
  });
});

test("missing cells of new rows get the marker of the file", () => {
  const { variables, table } = findVariables(read("sex,n\nf,1\nNA,2\nm,NA\nf,1\nm,2\n"));
  const [sex, n] = table.columns;
  if (sex?.kind !== "text" || n === undefined) throw new Error("a column of text and another");
  const drawn: TextColumn = { ...sex, values: ["f", "", "", "m", "f"], missing: new Set([1, 2]) };
  const written = writeVariables({ variables, table: { rows: 5, columns: [drawn, n] } });
  expect(written.columns[0]).toMatchObject({ values: ["f", "NA", "NA", "m", "f"], missing: new Set([1, 2]) });
  expect(formatCsv(written)).toBe("sex,n\nf,1\nNA,2\nNA,NA\nm,1\nf,2\n");
});

test("new values are written as those of the file", () => {
  const csv = 'price,share,when,n,smoker,tenths\n"$1,200.50",5%,1/31/2020,?,yes,0.1\n$3.25,7%,12/1/2020,4,no,2\n';
  const [price, share, when, n, smoker, tenths] = findVariables(read(csv)).variables;
  if (!price || !share || !when || !n || !smoker || !tenths) throw new Error("six variables");
  expect(writeCell(price, 1_234_567.891)).toBe("$1,234,567.89");
  expect(writeCell(price, -2)).toBe("-$2.00");
  expect(writeCell(share, 12)).toBe("12%");
  expect(writeCell(when, Date.parse("2021-03-04") / 1000)).toBe("3/4/2021");
  expect(writeCell(n, Number.NaN)).toBe("?");
  expect(writeCell(n, undefined)).toBe("?");
  expect(writeCell(price, Number.NaN)).toBe("");
  expect(writeCell(smoker, "yes")).toBe("yes");
  expect(writeCell(smoker, undefined)).toBe("");
  expect(writeCell(tenths, 1.2345)).toBe("1.2");
});

test("a variable of dates without a format has no cells to write", () => {
  const found = findVariables(read("when\n2020-01-02\n2020-01-03\n")).variables[0] as Variable;
  const when = { ...found, format: "sometimes" };
  expect(() => writeCell(when, 0)).toThrow(
    new OptionError('variable "when": expected a format of dates, got "sometimes".'),
  );
});
