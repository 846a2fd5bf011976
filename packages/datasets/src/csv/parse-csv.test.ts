import { createKey, DataError } from "@pushforward/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Column, createTable } from "../tables.ts";
import type { CsvTable } from "./csv-options.ts";
import { formatCsv } from "./format-csv.ts";
import { csvChunks, parseCsv } from "./parse-csv.ts";

const numbers = (name: string, ...values: number[]): Column => ({
  name,
  kind: "number",
  values: Float64Array.from(values),
});
const texts = (name: string, ...values: string[]): Column => ({ name, kind: "text", values });
const xy = { rows: 2, columns: [numbers("x", 1, -3.5), numbers("y", 2, 4e3)], dropped: 0 };

describe("forms of the same table", () => {
  const forms: Record<string, string> = {
    plain: "x,y\n1,2\n-3.5,4e3\n",
    "no last line end": "x,y\n1,2\n-3.5,4e3",
    CRLF: "x,y\r\n1,2\r\n-3.5,4e3\r\n",
    "CR alone": "x,y\r1,2\r-3.5,4e3\r",
    "byte order mark": "\uFEFFx,y\n1,2\n-3.5,4e3\n",
    "blank lines": "\n\nx,y\n\n1,2\n\r\n-3.5,4e3\n\n\n",
    semicolons: "x;y\n1;2\n-3.5;4e3\n",
    tabs: "x\ty\n1\t2\n-3.5\t4e3\n",
    quotes: '"x","y"\n"1","2"\n"-3.5","4e3"\n',
    spaces: "x , y\n 1, 2\n-3.5 ,4e3 \n",
    "other spellings": "x,y\n+1,2.\n-3.50,+4.0E+3\n",
  };
  test.each(Object.entries(forms))("%s", (_, text) => {
    expect(parseCsv(text)).toMatchObject(xy);
    expect(parseCsv(new TextEncoder().encode(text))).toMatchObject(xy);
  });
});

test.each(["utf-16le", "utf-16be"])("%s is recognized, with and without a byte order mark", (encoding) => {
  for (const text of ["\uFEFFx,y\n1,2\n-3.5,4e3\n", "x,y\n1,2\n-3.5,4e3\n"]) {
    const bytes = new Uint8Array(2 * text.length);
    const view = new DataView(bytes.buffer);
    for (let i = 0; i < text.length; i++) view.setUint16(2 * i, text.charCodeAt(i), encoding === "utf-16le");
    expect(parseCsv(bytes)).toMatchObject(xy);
  }
});

test("text keeps delimiters, quotes, line ends, spaces and any alphabet", () => {
  const values = ['a,"b"', "two\nlines\r\n", " edge ", "œuvre 東京 😀", "", "NA", "1"];
  const source = createTable([texts("what", ...values), numbers("n", 1, 2, 3, 4, 5, 6, 7)]);
  expect(parseCsv(formatCsv(source))).toMatchObject({ ...source, dropped: 0 });
});

test("a column is what most of its first values are", () => {
  const { columns } = parseCsv("a,b,c\n1,x,\n2,1,NA\n3,y,null\n", { missing: "drop", columns: ["a", "b"] });
  expect(columns.map(({ kind }) => kind)).toEqual(["number", "text"]);
  expect(parseCsv("zip\n01234\n56789\n", { kinds: { zip: "text" } }).columns).toEqual([texts("zip", "01234", "56789")]);
});

test("without a header columns are numbered", () => {
  expect(parseCsv("1,2\n3,4\n", { header: false }).columns).toEqual([
    numbers("column1", 1, 3),
    numbers("column2", 2, 4),
  ]);
  expect(parseCsv(",x\n0,5\n").columns.map(({ name }) => name)).toEqual(["column1", "x"]);
});

test("columns are read in the order asked for; the others may hold anything", () => {
  const text = 'id,y,note,x\n7,1,"a ""b""\n",2\nNA,3,,4\n';
  expect(parseCsv(text, { columns: ["x", "y"] }).columns).toEqual([numbers("x", 2, 4), numbers("y", 1, 3)]);
});

test("rows with missing values are dropped and counted", () => {
  const text = "x,s\n1,a\nNA,b\n2,\nnan,c\n3,d\nnull,\n";
  expect(parseCsv(text, { missing: "drop" })).toMatchObject({
    rows: 2,
    columns: [numbers("x", 1, 3), texts("s", "a", "d")],
    dropped: 4,
  });
  expect(parseCsv("x\n-99\n1\n", { missing: "drop", missingValues: ["-99"] })).toMatchObject({
    rows: 1,
    columns: [numbers("x", 1)],
    dropped: 1,
  });
});

test("a header alone is a table without rows", () => {
  expect(parseCsv("x,y\n")).toMatchObject({ rows: 0, columns: [numbers("x"), numbers("y")], dropped: 0 });
});

const problems: [string, string, string, object][] = [
  ["nothing", "", "d.csv: expected a header line and rows, got empty input.", {}],
  ["blank lines only", "\n\r\n\n", "expected a header line and rows, got empty input.", {}],
  [
    "no header",
    "1,2\n3,4\n",
    "d.csv line 1: expected the names of columns, got numbers (1, 2). If the file has no header, say so (header: false); if these are names, say that (header: true).",
    { line: 1 },
  ],
  [
    "names twice",
    "a,b,a\n",
    'd.csv line 1, column "a": expected columns of different names, got "a" twice.',
    { line: 1, column: "a" },
  ],
  [
    "missing",
    "a,b\n1,2\n3,\n",
    'd.csv line 3, row 2, column "b": expected a value, got an empty field. Fill it in, or leave such rows out (missing: "drop").',
    { line: 3, row: 2, column: "b" },
  ],
  ["missing by name", "a,b\nNA,2\n", 'column "a": expected a value, got "NA".', { line: 2, row: 1, column: "a" }],
  [
    "missing text",
    "a,b\n1,x\n1,\n",
    'line 3, row 2, column "b": expected a value, got an empty field.',
    { line: 3, row: 2, column: "b" },
  ],
  [
    "text among numbers",
    "a,b\n1,2\n1,4x\n2,2\n",
    'd.csv line 3, row 2, column "b": expected a number, got "4x". If the column holds text, say so (kinds: "text"). If "4x" marks a missing value, say so (missingValues: ["4x"]).',
    { line: 3, row: 2, column: "b" },
  ],
  ["hexadecimal", "a\n1\n2\n0x1F\n", 'expected a number, got "0x1F".', { line: 4, row: 3, column: "a" }],
  [
    "decimal comma",
    "a;b\n1;2\n1;2\n1,5;2\n",
    'line 4, row 3, column "a": expected a number, got "1,5". Write decimals with a point, or say so (decimal: ",").',
    { line: 4, row: 3, column: "a" },
  ],
  ["infinite", "a\n1\n-inf\n", 'expected a finite number, got "-inf".', { line: 3, row: 2, column: "a" }],
  ["too large", "a\n1\n1e999\n", 'expected a finite number, got "1e999".', { line: 3, row: 2, column: "a" }],
  ["too few fields", "a,b\n1,2\n3\n", "d.csv line 3, row 2: expected 2 fields, got 1.", { line: 3, row: 2 }],
  [
    "too many fields",
    "a,b\n1,2,3\n",
    "expected 2 fields, got 3. Put fields with the delimiter in double quotes.",
    { line: 2, row: 1 },
  ],
  [
    "lines in quotes count",
    'a,b\n"x\ny",1\nz,\n',
    'line 4, row 2, column "b": expected a value',
    { line: 4, row: 2, column: "b" },
  ],
  [
    "open quote",
    'a,b\nx,1\n"y,2\nz,3\n',
    "d.csv line 3: expected a closing quote, got the end of the text.",
    { line: 3 },
  ],
  [
    "text after a quote",
    'a,b\n"x"y,1\n',
    'd.csv line 2: expected a delimiter after the closing quote, got "y". Write a quote inside quotes twice.',
    { line: 2 },
  ],
  ["zero bytes", "a,b\n\0,1\n", "expected plain text, got zero bytes.", { line: 1 }],
  [
    "others are counted",
    "a,b\n1,2\n1,x\n1,2,3\n1,2\n,1\n",
    '"x" marks a missing value, say so (missingValues: ["x"]). 2 more rows up to line 6 can\'t be read either.',
    { line: 3, row: 2, column: "b" },
  ],
];

test.each(problems)("%s", (_, text, message, location) => {
  try {
    parseCsv(text, { file: "d.csv" });
    expect.unreachable();
  } catch (error) {
    expect(error).toBeInstanceOf(DataError);
    expect((error as DataError).message).toContain(message);
    expect((error as DataError).location).toEqual({ file: "d.csv", ...location });
  }
});

test("columns that do not exist are refused with those that do", () => {
  expect(() => parseCsv("a,b\n1,2\n", { columns: ["c"] })).toThrow(
    'csv: expected a column "c", got the columns "a", "b".',
  );
  expect(() => parseCsv("a,b\n1,2\n", { kinds: { c: "text" } })).toThrow(DataError);
});

test("numbers are rounded as the language rounds them", () => {
  const samples = [
    "0.1",
    "1e22",
    "1e23",
    "123456789012345",
    "1234567890123456789",
    "0.000001234567",
    "9007199254740993",
    "2.2250738585072011e-308",
    "5e-324",
    "1.7976931348623157e308",
    "-0",
    ".5",
    "5.",
    "000.10",
    "1e-7",
    "3.0000000000000004",
  ];
  const { values } = parseCsv(`x\n${samples.join("\n")}\n`).columns[0] as { values: Float64Array };
  for (const [i, text] of samples.entries()) expect(Object.is(values[i], Number(text)), text).toBe(true);
});

test("any float64 survives formatCsv and parseCsv", () => {
  const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
  fc.assert(
    fc.property(fc.array(finite, { minLength: 1 }), fc.integer({ min: 0, max: 3 }), (values, d) => {
      const delimiter = ([",", ";", "\t", "|"] as const)[d as 0];
      const source = createTable([numbers("x", ...values), numbers("y", ...values)]);
      expect(parseCsv(formatCsv(source, { delimiter }), { delimiter })).toMatchObject({ ...source, dropped: 0 });
    }),
    { seed: 20261124, numRuns: 300 },
  );
});

test("any text survives formatCsv and parseCsv", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: "grapheme" }), { minLength: 1 }), (values) => {
      const source = createTable([
        texts("s", ...values.map((value) => value.replaceAll("\0", ""))),
        numbers("x", ...values.map((_, i) => i)),
      ]);
      expect(parseCsv(formatCsv(source), { kinds: { s: "text" } })).toMatchObject({ ...source, dropped: 0 });
    }),
    { seed: 20261124, numRuns: 300 },
  );
});

async function chunksOf(pieces: Iterable<Uint8Array | string>, chunkRows: number): Promise<CsvTable[]> {
  const chunks: CsvTable[] = [];
  for await (const chunk of csvChunks(pieces, { chunkRows, missing: "drop" })) chunks.push(chunk);
  return chunks;
}

function join(chunks: readonly CsvTable[]): unknown {
  return chunks.flatMap(({ columns, rows }) =>
    Array.from({ length: rows }, (_, i) => columns.map(({ values }) => values[i])),
  );
}

test("pieces cut anywhere give the same rows", async () => {
  const text = `\uFEFFname,x,y\r\n${Array.from({ length: 40 }, (_, i) => `"é ""${i}"",\n",${i / 7},${i % 9 === 0 ? "NA" : -i}\r\n`).join("")}`;
  const bytes = new TextEncoder().encode(text);
  const whole = [parseCsv(bytes, { missing: "drop" })];
  for (const size of [1, 2, 3, 7, 64, 1000]) {
    const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
      bytes.subarray(i * size, (i + 1) * size),
    );
    const chunks = await chunksOf(pieces, 7);
    expect(join(chunks)).toEqual(join(whole));
    expect(chunks.every(({ rows }) => rows <= 7)).toBe(true);
    expect(chunks.reduce((sum, { dropped }) => sum + dropped, 0)).toBe(5);
  }
});

test("rows come before the file has ended, and problems after the rows before them", async () => {
  const rows = `${"1,2\n".repeat(100_000)}`;
  let read = 0;
  function* endless(): Generator<string> {
    yield "x,y\n";
    for (let i = 0; i < 20; i++) {
      read++;
      yield i === 10 ? "1,oops\n" : rows;
    }
  }
  let count = 0;
  const run = async (): Promise<void> => {
    for await (const chunk of csvChunks(endless(), { chunkRows: 1000 })) count += chunk.rows;
  };
  await expect(run()).rejects.toThrow('csv line 1000002, row 1000001, column "y": expected a number, got "oops".');
  expect(count).toBeGreaterThan(990_000);
  expect(read).toBeLessThan(13);
});

test("a record without an end is refused before it fills the memory", async () => {
  let pieces = 0;
  function* endless(): Generator<string> {
    yield 'x,y\n1,2\n"';
    for (;;) {
      pieces++;
      yield "a,b\n".repeat(10_000);
    }
  }
  const run = async (): Promise<void> => {
    for await (const _ of csvChunks(endless(), { maxRecordLength: 1_000_000, file: "d.csv" }));
  };
  await expect(run()).rejects.toThrow(
    "d.csv line 3: expected a record of at most 1000000 characters, got a longer one. Perhaps a quote in it is never closed.",
  );
  expect(pieces).toBeLessThan(60);
});

test("2,000 damaged files give a table or a DataError", () => {
  const encoder = new TextEncoder();
  const sources = [
    'a,b,c\n1,2,x\n3.5,-4e2,"y ""z"", w"\n5,6,"two\nlines"\n',
    "\uFEFFid;value\r\n1;2.5\r\n2;NA\r\n3;1e3\r\n",
  ].map((text) => encoder.encode(text));
  const hot = encoder.encode('",;\n\r\t\0\uFEFFNA1.e-+ é');
  let refused = 0;
  for (let i = 0; i < 2000; i++) {
    const source = sources[i % 2] as Uint8Array;
    const u = createKey(9).fold(i).uniform(12);
    const edits = 1 + Math.floor((u[0] as number) * 4);
    let bytes = Array.from(source);
    for (let k = 0; k < edits; k++) {
      const at = Math.floor((u[3 * k + 1] ?? 0) * bytes.length);
      const what =
        (u[3 * k + 2] ?? 0) < 0.6
          ? (hot[Math.floor((u[3 * k + 3] ?? 0) * hot.length)] as number)
          : Math.floor((u[3 * k + 3] ?? 0) * 256);
      if ((u[k + 6] ?? 0) < 0.5) bytes.splice(at, 1, what);
      else if ((u[k + 6] ?? 0) < 0.8) bytes.splice(at, 0, what);
      else bytes = bytes.slice(0, at);
    }
    try {
      const { rows, columns } = parseCsv(Uint8Array.from(bytes), { missing: i % 3 === 0 ? "drop" : "error" });
      for (const { kind, values } of columns) {
        expect(values.length).toBe(rows);
        if (kind === "number") expect(values.every((value) => Number.isFinite(value))).toBe(true);
      }
    } catch (error) {
      expect(error).toBeInstanceOf(DataError);
      refused++;
    }
  }
  expect(refused).toBeGreaterThan(500);
  expect(refused).toBeLessThan(1900);
});
