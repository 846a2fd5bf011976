import { DataError, OptionError } from "@pushforward/core";
import { csvChunks, parseCsv } from "@pushforward/datasets";
import { describe, expect, test } from "vitest";
import { parseDeclarations } from "../declarations/column-types.ts";
import { findVariables } from "../finding/find-variable.ts";
import {
  type PlottedColumn,
  plottedColumn,
  type TableSource,
  type UnderstandTableOptions,
  type UnderstoodTable,
  understandTable,
} from "./understand-table.ts";

const source = (text: string): TableSource => ({ name: "a.csv", chunks: (options) => csvChunks([text], options) });
const understand = (text: string, options?: UnderstandTableOptions): Promise<UnderstoodTable> =>
  understandTable(source(text), options);

/** Rows of some columns, each a function of the row. */
function csv(header: string, rows: number, ...columns: readonly ((i: number) => string | number)[]): string {
  const lines = Array.from({ length: rows }, (_, i) => columns.map((column) => column(i)).join(","));
  return `${header}\n${lines.join("\n")}\n`;
}

describe("what is learned", () => {
  test("identifiers, texts and empty columns are not", async () => {
    const text = csv(
      "id,kind,mass,none",
      40,
      (i) => `row-${i}`,
      (i) => ["fig", "pear"][i % 2] as string,
      (i) => (i % 5 === 0 ? "" : i / 4),
      () => "",
    );
    const { variables, learned, isNumeric, source: cells } = await understand(text);
    expect(variables.map(({ kind }) => kind).slice(0, 3)).toEqual(["id", "category", "real"]);
    expect(learned.map(({ name }) => name)).toEqual(["kind", "mass"]);
    expect(isNumeric).toBe(false);
    expect(cells.columns[2]?.values[1]).toBe("0.25");
  });

  test("chosen columns alone are read, and the split column is not learned", async () => {
    const text = csv(
      "a,b,part",
      30,
      (i) => i % 7,
      (i) => (i % 2 === 0 ? "x" : "y"),
      (i) => (i % 3 === 0 ? "val" : "train"),
    );
    const { variables, source: cells } = await understand(text, { columns: ["a"], splitColumn: "part" });
    expect(variables.map(({ name }) => name)).toEqual(["a"]);
    expect(cells.columns.map(({ name }) => name)).toEqual(["a", "part"]);
  });
});

describe("numbers", () => {
  const numbers = csv(
    "a,b",
    1500,
    (i) => i % 11,
    (i) => i / 8,
  );

  test("are read as such where that is preferred", async () => {
    expect((await understand(numbers)).source.columns[0]?.kind).toBe("text");
    const { source: cells, isNumeric } = await understand(numbers, { preferNumbers: true });
    expect([cells.columns[0]?.kind, isNumeric]).toEqual(["number", true]);
  });

  test.each([
    ["a missing cell", "1,\n"],
    ["a word", "many,1\n"],
  ])("%s far down makes a table of any columns", async (_, row) => {
    const { isNumeric, source: cells } = await understand(numbers + row, { preferNumbers: true });
    expect([cells.columns[0]?.kind, isNumeric, cells.rows]).toEqual(["text", false, 1501]);
  });
});

test.each<[string, UnderstandTableOptions, string | RegExp]>([
  ["a\n", {}, "a.csv: expected at least one row, got none."],
  ["a b\n1 2\n3 4\n", {}, /separated by a comma, a semicolon, a tab or a bar, got spaces/],
  ["a,b\n1,2\n", { columns: ["c"] }, 'a.csv: expected a column "c", got the columns "a", "b".'],
  ["a,b\n1,2\n", { columns: ["a"], splitColumn: "a" }, /named both as a column and as split/],
  ["a,b\nx,2\n", { declare: parseDeclarations("a:integer") }, /a\.csv.*row 1.*"a".*expected an integer, got "x"/],
])("%j with %j is refused in a sentence", async (text, options, message) => {
  const error = await understand(text, options).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(DataError);
  expect((error as DataError).message).toMatch(message);
});

test("a column that is declared and absent is an error of the option", async () => {
  const declare = parseDeclarations("c:real");
  await expect(understand("a,b\n1,2\n", { declare })).rejects.toThrow(OptionError);
});

function plotted(text: string): { column: PlottedColumn; values: number[] } {
  const { variables, table } = findVariables(parseCsv(text, { kinds: "text", missing: "keep" }));
  const column = plottedColumn(variables[0] as (typeof variables)[number], table);
  return { column, values: [...column.valuesOf(table)] };
}

test("categories come by their frequencies, missing cells and rare ones among them", () => {
  const rows = Array.from({ length: 60 }, (_, i) => (i < 30 ? "most" : i < 40 ? "" : `c${i % 14}`));
  const { column, values } = plotted(`kind,n\n${rows.map((row, i) => `${row},${i}`).join("\n")}\n`);
  expect(column.categories?.slice(0, 2)).toEqual(["most", "missing"]);
  expect(column.categories).toHaveLength(12);
  expect(column.categories?.at(-1)).toBe("others");
  expect(values[0]).toBe(0);
  expect(values[35]).toBe(1);
  expect(values.every((place) => place >= 0 && place < 12)).toBe(true);
});

test("dates are numbers with labels in the format of the file", () => {
  const { column, values } = plotted("when\n31.01.2024\n28.02.2024\n15.03.2024\n");
  expect(column.categories).toBeUndefined();
  expect(column.label?.(values[1] as number)).toBe("28.02.2024");
});
