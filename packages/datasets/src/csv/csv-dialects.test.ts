import { expect, test } from "vitest";
import { createTable, takeTableRows } from "../tables.ts";
import { formatCsv, isFormula } from "./format-csv.ts";
import { parseCsv } from "./parse-csv.ts";

const INHERITED = ["constructor", "toString", "valueOf", "hasOwnProperty", "__proto__", "isPrototypeOf"];

test("names that every object inherits are names like others", () => {
  const text = `${INHERITED.join(",")}\n${[1, 2, 3].map((i) => INHERITED.map((_, j) => i * j).join(",")).join("\n")}\n`;
  for (const kinds of [undefined, {}, { other: "text" }] as const) {
    const { columns } = parseCsv(text, { columns: INHERITED, ...(kinds && !("other" in kinds) && { kinds }) });
    expect(columns.map(({ name, kind }) => [name, kind])).toEqual(INHERITED.map((name) => [name, "number"]));
    expect(Array.from(columns[1]?.values as Float64Array)).toEqual([1, 2, 3]);
  }
  // As an entry of its own, "__proto__" counts.
  const kinds = Object.fromEntries([["__proto__", "text"]]) as Record<string, "text">;
  expect(parseCsv(text, { kinds }).columns.map(({ kind }) => kind)[4]).toBe("text");
});

test.each([
  ["a row of flowers", "5.1,3.5,1.4,0.2,Iris-setosa\n4.9,3.0,1.4,0.2,Iris-setosa\n", "(5.1, 3.5, 1.4, 0.2, …)"],
  ["a row with a hole", "5.1,,1.4\n4.9,3,1.4\n", "(5.1, , 1.4)"],
  ["numbers twice", "1,1\n2,2\n", "(1, 1)"],
  ["words and a number", "alice,34\nbob,27\n", "(alice, 34)"],
])("a first line of data is not taken for names: %s", (_, text, shown) => {
  expect(() => parseCsv(text)).toThrow(
    `csv line 1: expected the names of columns, got numbers ${shown}. If the file has no header, say so (header: false); if these are names, say that (header: true).`,
  );
  expect(parseCsv(text, { header: false, missing: "keep" }).rows).toBe(2);
  if (!text.startsWith("1,1")) expect(parseCsv(text, { header: true }).rows).toBe(1);
});

test.each([
  ["years", "country,1990,1991\nA,1,2\nB,3,4\n"],
  ["numbered columns", "0,1,2\n0.5,1.5,2.5\n"],
  ["a number beside words", "id,2019\n1,5\n2,6\n"],
  ["words above numbers", "x,y\n1,2\n"],
])("names that are numbers are names: %s", (_, text) => {
  expect(parseCsv(text).columns[0]?.name).toBe(text.split(",")[0]);
});

test.each([
  ["a comma in a name", "mass (kg, dry);age\n1;2\n3;4\n", ["mass (kg, dry)", "age"]],
  ["commas in texts", "name;note;x\na;b, c, d;1\ne;f;2\n", ["name", "note", "x"]],
  ["semicolons in quotes", '"a;b","c;d"\n1,2\n', ["a;b", "c;d"]],
  ["a bar in a name", "P(a|b),x\n1,2\n", ["P(a|b)", "x"]],
  ["bars", "a|b|c\n1|2,5|3\n", ["a", "b", "c"]],
  ["tabs, and commas in numbers", "a\tb\n1,5\t2\n2,5\t3\n", ["a", "b"]],
  ["one column", "x\n1\n2\n", ["x"]],
  ["rows of other lengths", "a,b;c,d\n1,2;3,4\n1,2;3,4\n1,2\n", ["a", "b;c", "d"]],
])("the delimiter is found: %s", (_, text, names) => {
  let found: string[] = [];
  try {
    found = parseCsv(text).columns.map(({ name }) => name);
  } catch (error) {
    // Uneven rows are refused later; the message counts the fields of the delimiter that was found.
    expect((error as Error).message).toContain(`expected ${names.length} fields`);
    return;
  }
  expect(found).toEqual(names);
});

test("decimal commas are read when they are declared", () => {
  const text = "a;b\n1,5;2\n-0,25;3\n1e3;,5\n";
  const { columns } = parseCsv(text, { decimal: "," });
  expect(columns.map(({ values }) => Array.from(values as Float64Array))).toEqual([
    [1.5, -0.25, 1000],
    [2, 3, 0.5],
  ]);
  // 1.500 is one and a half here, and one thousand five hundred there.
  expect(() => parseCsv("a;b\n1,5;2\n2,5;3\n1.500;2\n", { decimal: "," })).toThrow('expected a number, got "1.500"');
});

test("a record of the wrong length is told in good grammar, with a remedy", () => {
  expect(() => parseCsv("a\n1\n1,2\n", { delimiter: "," })).toThrow(
    "csv line 3, row 2: expected 1 field, got 2. Put fields with the delimiter in double quotes.",
  );
});

test("rows that are left out are numbered, and the columns that cause it are counted", () => {
  const read = parseCsv("x,y,s\n1,1,a\nNA,2,b\n3,,\n4,4,d\n", { missing: "drop" });
  expect(read).toMatchObject({ rows: 2, dropped: 2, rowNumbers: Float64Array.of(1, 4) });
  expect([...read.droppedBy]).toEqual([
    ["x", 1],
    ["y", 1],
    ["s", 1],
  ]);
});

test("columns that nobody asked for are kept as they stand, in the order of the file", () => {
  const text = 'id,x,note,y\n007,1,"a, ""b""",2\nNA,3,,4\n';
  const kept = parseCsv(text, { columns: ["y", "x"], others: "keep", missing: "drop" });
  expect(kept.columns.map(({ name }) => name)).toEqual(["id", "x", "note", "y"]);
  expect(kept.dropped).toBe(0);
  expect(formatCsv(kept)).toBe(text);
  expect(formatCsv(takeTableRows(kept, [1]))).toBe("id,x,note,y\nNA,3,,4\n");
});

test("missing values are kept on request", () => {
  const { columns, rows } = parseCsv("x,s\n1,a\n,\n3,NA\n", { missing: "keep" });
  expect(rows).toBe(3);
  expect(columns).toMatchObject([
    { values: Float64Array.of(1, Number.NaN, 3) },
    { values: ["a", "", "NA"], missing: new Set([1, 2]) },
  ]);
});

test("formulas are left as they are unless they shall be escaped, and numbers are no formulas", () => {
  const source = createTable([
    { name: "=name", kind: "text", values: ["=1+1", "-5", "+x", "@a", "\tb", "plain", "a=b", " =2"] },
    { name: "n", kind: "number", values: Float64Array.of(-1, -2, -3, -4, -5, -6, -7, -8) },
  ]);
  expect(parseCsv(formatCsv(source), { kinds: { "=name": "text" } })).toMatchObject({ ...source, dropped: 0 });
  const lines = formatCsv(source, { escapeFormulas: true }).split("\n");
  expect(lines.map((line) => line.split(",")[0])).toEqual([
    "'=name",
    "'=1+1",
    "-5",
    "'+x",
    "'@a",
    "'\tb",
    "plain",
    "a=b",
    "' =2",
    "",
  ]);
  expect(["-5", "+1e3", "-"].map(isFormula)).toEqual([false, false, true]);
  const numbers = [
    "-0,074",
    "-7 %",
    "-7%",
    "-$418",
    "-$1,418.50",
    "-€ 5",
    "-418 €",
    "+1.234,5",
    "-USD 3",
    "-3.5 km",
    "-.5",
    "-12 kg/m²",
  ];
  expect(numbers.filter(isFormula)).toEqual([]);
  const formulas = [
    "-A1",
    "-ABC12",
    "-1+cmd|'/C calc'!A0",
    "-2*3",
    "+SUM(A1)",
    "-5%+1",
    "@x",
    "=-5",
    "-$A$1",
    "-1 A1",
    "-(5)",
  ];
  expect(formulas.filter((text) => !isFormula(text))).toEqual([]);
});

const bytes = (start: string): Uint8Array => Uint8Array.from(start.padEnd(40, "x"), (c) => c.charCodeAt(0));

test.each([
  ["PAR1", "a Parquet file. Save the table as CSV first."],
  ["\x89PNG\r\n\x1a\n", "a PNG picture. Save the table as CSV first."],
  ["\x1f\x8b\x08\0", "a gzip archive. Unpack it first (gunzip)."],
  ["PK\x03\x04\x14", "a zip archive or an Excel workbook. Save the table as CSV first."],
  ["SQLite format 3\0", "a SQLite database. Save the table as CSV first."],
  ['{"a": 1}', "JSON. Save the table as CSV first."],
  ["<!DOCTYPE html>", "a web page. Save the table as CSV first."],
  ['\x10\x01\0\0\0\0\0\0{"__metadata__"', "a safetensors file. Is it a model?"],
])("a file of another kind is named: %j", (start, what) => {
  expect(() => parseCsv(bytes(start), { file: "d.csv" })).toThrow(`d.csv: expected CSV text, got ${what}`);
});

test("all columns are kept as text, with the rows that hold no value", () => {
  const { columns } = parseCsv('x,y\n1,"NA"\nNA,2.50\n,a\n', { kinds: "text", missing: "keep" });
  expect(columns).toEqual([
    { name: "x", kind: "text", values: ["1", "NA", ""], missing: new Set([1, 2]) },
    { name: "y", kind: "text", values: ["NA", "2.50", "a"] },
  ]);
  expect(parseCsv("x,y\n1,2\n", { kinds: "text", columns: ["y"] }).columns).toEqual([
    { name: "y", kind: "text", values: ["2"] },
  ]);
});

test("texts that mark a missing value for the reader are quoted", () => {
  const source = createTable([{ name: "x", kind: "text", values: ["?", "NA", "a", "?"], missing: new Set([3]) }]);
  const missingValues = ["?"];
  const csv = formatCsv(source, { missingValues });
  expect(csv).toBe('x\n"?"\nNA\na\n?\n');
  expect(parseCsv(csv, { missingValues, missing: "keep" }).columns).toEqual(source.columns);
});
