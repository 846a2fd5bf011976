import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { ReadTableOptions } from "@pushforward/columns";
import { ndArray } from "@pushforward/core";
import { type Column, formatCsv, penguins, type Table } from "@pushforward/datasets";
import { createTable, joinCsvTables, writeNpy } from "@pushforward/datasets/extend";
import {
  Table as ArrowTable,
  Binary,
  CompressionType,
  compressionRegistry,
  DateDay,
  Field,
  Float64,
  List,
  makeData,
  Struct,
  tableToIPC,
  Vector,
  vectorFromArray,
} from "apache-arrow";
import { zipSync } from "fflate";
import { compress as lz4 } from "lz4js";
import { afterAll, describe, expect, test } from "vitest";
import { arrowBatch } from "../arrow/arrow-batch.ts";
import { readArrow, registerArrowCodecs } from "../arrow/arrow-file.ts";
import { openDuckdb } from "../duckdb.ts";
import { readParquet } from "../parquet/parquet-file.ts";
import { countParquetRows } from "../parquet/parquet-files.ts";
import { writeTable } from "../writing/write-table.ts";
import { expandPattern, openQuery, openTable } from "./open-table.ts";
import type { FileTable } from "./table-in-memory.ts";

const folder = mkdtempSync(join(tmpdir(), "pushforward-files-"));
const path = (name: string): string => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true }));

async function readAll(source: FileTable, options: ReadTableOptions = { missing: "keep" }): Promise<Table> {
  const chunks = [];
  for await (const chunk of source.chunks(options)) chunks.push(chunk);
  return joinCsvTables(chunks) as Table;
}

const plain = ({ rows, columns }: Table): unknown => ({
  rows,
  columns: columns.map(({ name, kind, values, ...rest }: Column & { missing?: ReadonlySet<number> }) => ({
    ...{ name, kind, values: Array.from<number | string>(values) },
    missing: [...(rest.missing ?? [])],
  })),
});

/** Numbers, integers and texts, with missing cells. */
const mixed: Table = createTable([
  { name: "x", kind: "number", values: Float64Array.of(0.1, 2.5, Number.NaN, -4e-7) },
  { name: "count", kind: "number", values: Float64Array.of(1, 2, 3, 4) },
  { name: "it's", kind: "text", values: ["a", "", 'b "c", d', "é\nf"], missing: new Set([1]) },
]);

describe.each(["parquet", "arrow", "feather", "jsonl"])("a %s file", (extension) => {
  test("has what was written", async () => {
    const file = path(`mixed.${extension}`);
    await writeTable(file, mixed);
    expect(plain(await readAll(await openTable(file)))).toEqual(plain(mixed));
  });

  test("is read in chunks, some of its columns, kinds as asked", async () => {
    const file = path(`penguins.${extension}`);
    await writeTable(file, penguins());
    const source = await openTable(file);
    const names = ["body_mass_g", "species"];
    const sizes: number[] = [];
    for await (const { rows, columns, rowNumbers } of source.chunks({
      ...{ columns: names, kinds: { body_mass_g: "text" }, missing: "keep", chunkRows: 100 },
    })) {
      sizes.push(rows);
      expect(columns.map(({ name, kind }) => `${name} ${kind}`)).toEqual(["body_mass_g text", "species text"]);
      expect(rowNumbers[0]).toBe(100 * (sizes.length - 1) + 1);
    }
    expect(sizes).toEqual([100, 100, 100, 42]);
  });

  test("refuses missing cells with row and column, or leaves the rows out", async () => {
    const source = await openTable(path(`mixed.${extension}`));
    await expect(readAll(source, { columns: ["count", "x"] })).rejects.toThrow(
      /mixed\.\w+ row 3, column "x": expected a value, got none\. Fill it in, or leave such rows out \(missing: "drop"\)/,
    );
    const chunks = [];
    for await (const chunk of source.chunks({ missing: "drop", columns: ["x", "it's"] })) chunks.push(chunk);
    expect(chunks[0]).toMatchObject({
      rows: 2,
      dropped: 2,
      droppedBy: new Map([
        ["x", 1],
        ["it's", 1],
      ]),
    });
    expect([...(chunks[0]?.rowNumbers ?? [])]).toEqual([1, 4]);
  });

  test("names a column that is not there", async () => {
    const source = await openTable(path(`mixed.${extension}`));
    await expect(readAll(source, { columns: ["y"] })).rejects.toThrow(/expected a column "y", got the columns/);
  });
});

test("CSV with gzip and Zstandard, TSV", async () => {
  const text = formatCsv(penguins());
  writeFileSync(path("a.csv.gz"), gzipSync(text));
  await writeTable(path("a.tsv"), penguins());
  const { connection, close } = await openDuckdb("test");
  writeFileSync(path("a.csv"), text);
  await connection.run(
    `COPY (SELECT * FROM read_csv('${path("a.csv")}', all_varchar = true)) TO '${path("a.csv.zst")}' (FORMAT csv, COMPRESSION zstd)`,
  );
  close();
  const expected = plain(penguins());
  for (const name of ["a.csv", "a.csv.gz", "a.tsv", "a.csv.zst"]) {
    expect(plain(await readAll(await openTable(path(name)))), name).toEqual(expected);
  }
  writeFileSync(path("cut.csv.gz"), gzipSync(text).subarray(0, 1000));
  await expect(readAll(await openTable(path("cut.csv.gz")))).rejects.toThrow(/cut\.csv\.gz: expected a readable file/);
});

const VALUES = `SELECT 0.1::FLOAT AS f, 9007199254740993 AS id, DATE '2024-02-29' AS day,
  TIMESTAMP '2024-02-29 12:30:00' AS at, TIMESTAMPTZ '2024-02-29 12:30:00+02' AS tz, true AS flag, 1.50::DECIMAL(9,2) AS price,
  7::BIGINT AS n, -0.05::DECIMAL(4,2) AS low, -12345678901234567890.5::DECIMAL(30,1) AS huge, TIME '01:02:03.5' AS clock,
  TIMESTAMP '1969-12-31 23:59:59.999999' AS old, TIMESTAMP_NS '2024-02-29 12:30:00.123456789' AS ns,
  UUID '00112233-4455-6677-8899-aabbccddeeff' AS uuid, 200::UTINYINT AS small, 4000000000::UINTEGER AS unsigned,
  18446744073709551615::UBIGINT AS largest, NULL::DATE AS none`;

async function writeByEngine(file: string, query: string): Promise<void> {
  const { connection, close } = await openDuckdb("test");
  await connection.run(`COPY (${query}) TO '${file}' (FORMAT parquet)`);
  close();
}

test("types of Parquet: float32, wide integers, dates, times, booleans, decimals", async () => {
  const file = path("types.parquet");
  await writeByEngine(file, VALUES);
  const source = await openTable(file);
  const table = await readAll(source);
  expect(Object.fromEntries(table.columns.map(({ name, values }) => [name, values[0]]))).toEqual({
    ...{ f: 0.1, id: "9007199254740993", day: "2024-02-29", at: "2024-02-29 12:30:00", tz: "2024-02-29 10:30:00" },
    ...{ flag: "true", price: 1.5, n: 7, low: -0.05, huge: Number("-12345678901234567890.5"), clock: "01:02:03.5" },
    ...{ old: "1969-12-31 23:59:59.999999", ns: "2024-02-29 12:30:00.123456789", small: 200, unsigned: 4e9 },
    ...{ uuid: "00112233-4455-6677-8899-aabbccddeeff", largest: "18446744073709551615", none: "" },
  });
  // The engine reads the same, and declares the same types.
  const engine = await openQuery(`FROM '${file}'`);
  expect(plain(table)).toEqual(plain(await readAll(engine)));
  expect(source.types).toEqual(engine.types);
  expect([await source.countRows?.(), source.saysRows]).toEqual([1, true]);
});

test("what is kept as text is written to Parquet with its type again, digit by digit", async () => {
  const source = await openTable(path("types.parquet"));
  const kept = await readAll(source, { columns: ["f"], others: "keep" });
  expect(kept.columns.find(({ name }) => name === "price")?.values[0]).toBe("1.50");
  expect(kept.columns.find(({ name }) => name === "huge")?.values[0]).toBe("-12345678901234567890.5");
  await writeTable(path("again.parquet"), kept, { types: source.types });
  const again = await openTable(path("again.parquet"));
  expect(again.types).toEqual(source.types);
  expect(plain(await readAll(again, { columns: ["f"], others: "keep" }))).toEqual(plain(kept));
  // The engine agrees, also on the types.
  const engine = await openQuery(`FROM '${path("again.parquet")}'`);
  expect(engine.types).toEqual(source.types);
  expect(plain(await readAll(engine))).toEqual(plain(await readAll(source)));
});

test("Parquet with lists and records is read by the engine, as text", async () => {
  const file = path("nested.parquet");
  await writeByEngine(file, "SELECT [1, 2] AS list, {'a': 1} AS record, i AS n FROM range(5) AS t(i)");
  const { columns } = await readAll(await openTable(file, { rows: { from: 1, count: 2 } }));
  expect(columns.map(({ values }) => values[0])).toEqual(["[1, 2]", "{'a': 1}", 1]);
  await expect(readParquet(readFileSync(file))).rejects.toThrow(/got a list or record in "list"/);
});

test("row groups, compressions and integers without statistics", async () => {
  for (const codec of ["zstd", "gzip", "snappy", "uncompressed", "lz4"]) {
    const file = path(`groups-${codec}.parquet`);
    const { connection, close } = await openDuckdb("test");
    await connection.run(
      `COPY (SELECT i AS n, i / 7 AS x, 'text ' || i % 50 AS t, CASE WHEN i % 3 = 0 THEN NULL ELSE i END AS gap
       FROM range(9000) AS t(i)) TO '${file}' (FORMAT parquet, COMPRESSION ${codec}, ROW_GROUP_SIZE 2048)`,
    );
    close();
    const own = await readAll(await openTable(file));
    expect(plain(own), codec).toEqual(plain(await readAll(await openQuery(`FROM '${file}'`))));
    expect(own.rows).toBe(9000);
  }
});

test("JSON lines: kinds of columns, lacking keys, lists, exact integers, an array, compressed", async () => {
  const lines = [
    '{"x": 1.5, "n": 1, "flag": true, "id": 9007199254740993, "list": [1, {"a": 2}]}',
    '{"x": 2, "n": 2, "t": "a\\n9007199254740993", "id": -3, "flag": false}',
    "",
    '{"x": null, "n": 3}',
  ];
  const expected = plain(
    createTable([
      { name: "x", kind: "number", values: Float64Array.of(1.5, 2, Number.NaN) },
      { name: "n", kind: "number", values: Float64Array.of(1, 2, 3) },
      { name: "flag", kind: "text", values: ["true", "false", ""], missing: new Set([2]) },
      { name: "id", kind: "text", values: ["9007199254740993", "-3", ""], missing: new Set([2]) },
      { name: "list", kind: "text", values: ['[1,{"a":2}]', "", ""], missing: new Set([1, 2]) },
      { name: "t", kind: "text", values: ["", "a\n9007199254740993", ""], missing: new Set([0, 2]) },
    ]),
  );
  const objects = lines.filter((line) => line !== "");
  writeFileSync(path("k.jsonl"), lines.join("\n"));
  writeFileSync(path("k.json"), `[${objects.join(",\n")}]\n`);
  writeFileSync(path("k.ndjson.gz"), gzipSync(lines.join("\r\n")));
  for (const name of ["k.jsonl", "k.json", "k.ndjson.gz"]) {
    const source = await openTable(path(name));
    expect(plain(await readAll(source)), name).toEqual(expected);
    expect([...(source.types?.values() ?? [])]).toEqual([
      "DOUBLE",
      "BIGINT",
      "BOOLEAN",
      // Integers beyond 2⁵³ are exact texts; texts have no type, because dates are texts, too.
      "BIGINT",
    ]);
    expect(await source.countRows?.()).toBe(3);
  }
  writeFileSync(path("bad.jsonl"), '{"x": 1}\n{"x": 1,}\n');
  await expect(openTable(path("bad.jsonl"))).rejects.toThrow(/bad\.jsonl, line 2: expected a JSON object, got/);
  writeFileSync(path("bad.jsonl"), '{"x": 1}\n7\n');
  await expect(openTable(path("bad.jsonl"))).rejects.toThrow(/line 2: expected a JSON object, got 7\./);
  writeFileSync(path("bad.jsonl"), "\n");
  await expect(openTable(path("bad.jsonl"))).rejects.toThrow(/expected at least one JSON object, got none/);
});

test("arrays of NumPy", async () => {
  const x = ndArray([2, 2], Float64Array.of(1, 2, 3, 4));
  writeFileSync(path("x.npy"), writeNpy(x));
  const own = await readAll(await openTable(path("x.npy")));
  expect(own.columns.map(({ name, values }) => [name, ...values])).toEqual([
    ["column1", 1, 3],
    ["column2", 2, 4],
  ]);
  const y = writeNpy(ndArray([2], Float64Array.of(5, 6)));
  writeFileSync(path("xy.npz"), zipSync({ "x.npy": writeNpy(x), "y.npy": y }));
  const both = await readAll(await openTable(path("xy.npz")));
  expect(both.columns.map(({ name, values }) => [name, ...values])).toEqual([
    ["x1", 1, 3],
    ["x2", 2, 4],
    ["y", 5, 6],
  ]);
  writeFileSync(
    path("bad.npz"),
    zipSync({ "x.npy": writeNpy(x), "y.npy": writeNpy(ndArray([1], Float64Array.of(5))) }),
  );
  await expect(openTable(path("bad.npz"))).rejects.toThrow(
    /expected arrays of as many rows, got 2 of "x1" and 1 of "y"/,
  );
});

test("SQLite: the only table, or a query", async () => {
  const { default: sqlite } = await import("node-sqlite3-wasm");
  const database = new sqlite.Database(path("d.sqlite"));
  database.exec(
    "CREATE TABLE a (x REAL, g TEXT, id INTEGER); INSERT INTO a VALUES (1.5, 'u', 1), (NULL, 'v', 9007199254740993), (2, NULL, 3)",
  );
  database.close();
  const table = await readAll(await openTable(path("d.sqlite")));
  expect(plain(table)).toEqual(
    plain(
      createTable([
        { name: "x", kind: "number", values: Float64Array.of(1.5, Number.NaN, 2) },
        { name: "g", kind: "text", values: ["u", "v", ""], missing: new Set([2]) },
        { name: "id", kind: "text", values: ["1", "9007199254740993", "3"] },
      ]),
    ),
  );
  const asked = await openTable(path("d.sqlite"), { query: "SELECT x * 2 AS y FROM a WHERE x > 1 ORDER BY x" });
  expect((await readAll(asked)).columns[0]?.values).toEqual(Float64Array.of(3, 4));
  const more = new sqlite.Database(path("d.sqlite"));
  more.exec("CREATE TABLE b (y REAL)");
  more.close();
  await expect(openTable(path("d.sqlite"))).rejects.toThrow(
    /expected a database of one table, or a query .* got "a", "b"/,
  );
});

test("a pattern is all of its files, in order", async () => {
  const part = (from: number): Table =>
    createTable([{ name: "i", kind: "number", values: Float64Array.from({ length: 3 }, (_, i) => from + i) }]);
  for (const format of ["parquet", "csv", "arrow"]) {
    for (const k of [2, 0, 1]) await writeTable(path(`part-${k}.${format}`), part(3 * k));
    const source = await openTable(path(`part-*.${format}`));
    const rows = [];
    for await (const { rowNumbers } of source.chunks({ chunkRows: 2 })) rows.push(...rowNumbers);
    expect(rows).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect([...((await readAll(source)).columns[0]?.values ?? [])]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  }
  await expect(openTable(path("none-*.csv"))).rejects.toThrow(/none-\*\.csv: expected at least one file, got none/);
});

test("queries, by themselves and to a file", async () => {
  const source = await openQuery("SELECT x, x * x AS y FROM range(3) AS t(x);");
  expect((await readAll(source)).columns[1]?.values).toEqual(Float64Array.of(0, 1, 4));
  const heavy = await openTable(path("penguins.parquet"), {
    query: "SELECT count(*) AS n FROM data WHERE body_mass_g > 6000",
  });
  expect((await readAll(heavy)).columns[0]?.values).toEqual(Float64Array.of(2));
  await expect(openQuery("SELECT nothing FROM nowhere")).rejects.toThrow(
    /query: expected a table that can be read, got/,
  );
  await expect(openTable(path("a.csv"), { query: "SELECT 1" })).rejects.toThrow(/for a query, got csv/);
});

test("Parquet in memory or in a Blob is what a file on disk is", async () => {
  for (const name of ["penguins.parquet", "mixed.parquet", "types.parquet", "groups-zstd.parquet"]) {
    const bytes = readFileSync(path(name));
    const expected = plain(await readAll(await openTable(path(name))));
    expect(plain(await readParquet(bytes)), name).toEqual(expected);
    expect(plain(await readParquet(new Blob([bytes]))), name).toEqual(expected);
  }
  await expect(readParquet(Uint8Array.of(1, 2, 3))).rejects.toThrow(/readParquet: expected a Parquet file, got/);
});

test("Arrow with LZ4, as pandas writes Feather files", async () => {
  const table = new ArrowTable([arrowBatch(penguins()).batch]);
  registerArrowCodecs();
  compressionRegistry.set(CompressionType.LZ4_FRAME, {
    ...codecOf(CompressionType.LZ4_FRAME),
    encode: (bytes) => Uint8Array.from(lz4(bytes)),
  });
  const bytes = tableToIPC(table, "file", CompressionType.LZ4_FRAME);
  writeFileSync(path("lz4.feather"), bytes);
  expect(bytes.length).toBeLessThan(0.9 * tableToIPC(table, "file").length);
  expect(plain(await readAll(await openTable(path("lz4.feather"))))).toEqual(plain(penguins()));
  expect(plain(readArrow(bytes))).toEqual(plain(penguins()));
});

function codecOf(type: CompressionType): { decode?(data: Uint8Array): Uint8Array } {
  return compressionRegistry.get(type) ?? {};
}

describe("a range of rows of a Parquet file", () => {
  const table: Table = {
    rows: 50_000,
    columns: [
      { name: "x", kind: "number", values: Float64Array.from({ length: 50_000 }, (_, i) => i / 4) },
      { name: "y", kind: "text", values: Array.from({ length: 50_000 }, (_, i) => `row ${i}`) },
    ],
  };

  test.each(["y", "file_row_number"])("is the rows of the file, with their numbers; a column %s", async (name) => {
    const file = path(`range-${name}.parquet`);
    const [x, y] = table.columns as [Column, Column];
    await writeTable(file, { rows: table.rows, columns: [x, { ...y, name }] });
    const source = await openTable(file, { rows: { from: 20_001, count: 12_345 } });
    expect(await source.countRows?.()).toBe(12_345);
    expect(await countParquetRows(file)).toBe(50_000);
    const chunks = [];
    for await (const chunk of source.chunks({})) chunks.push(chunk);
    const { rows, columns, rowNumbers } = joinCsvTables(chunks) as NonNullable<ReturnType<typeof joinCsvTables>>;
    expect(rows).toBe(12_345);
    expect(columns[0]?.values).toEqual(Float64Array.from({ length: 12_345 }, (_, i) => (20_001 + i) / 4));
    expect(columns[1]?.values.at(-1)).toBe("row 32345");
    expect([rowNumbers[0], rowNumbers.at(-1)]).toEqual([20_002, 32_346]);
  });

  test("names the row of the file in which something is wrong", async () => {
    const file = path("range-gap.parquet");
    const values = Float64Array.from({ length: 100 }, (_, i) => (i === 70 ? Number.NaN : i));
    await writeTable(file, { rows: 100, columns: [{ name: "x", kind: "number", values }] });
    const source = await openTable(file, { rows: { from: 50, count: 50 } });
    await expect(readAll(source, {})).rejects.toThrow(/row 71, column "x"/);
  });

  test("is of nothing else", async () => {
    writeFileSync(path("range.csv"), "x\n1\n");
    await expect(openTable(path("range.csv"), { rows: { from: 0, count: 1 } })).rejects.toThrow(
      "range.csv: expected one Parquet file for a range of rows, got csv.",
    );
  });
});

test("bytes in a database are refused where they are read, with their place", async () => {
  const { default: sqlite } = await import("node-sqlite3-wasm");
  const file = path("blobs.sqlite");
  const database = new sqlite.Database(file);
  database.exec("CREATE TABLE t (x REAL, picture BLOB)");
  database.exec("INSERT INTO t VALUES (1.5, NULL), (2.5, x'00ff')");
  database.close();
  const message = 'blobs.sqlite row 2, column "picture": expected a number or a text, got bytes (BLOB).';
  const whole = await openTable(file);
  await expect(readAll(whole)).rejects.toThrow(message);
  const part = await openTable(file, { query: "SELECT x FROM t" });
  for await (const { columns } of part.chunks({})) expect(columns).toMatchObject([{ name: "x", kind: "number" }]);
});

const bytes = Uint8Array.of(0, 255);
const lists = new List(new Field("item", new Float64()));
const records = new Struct([new Field("a", new Float64())]);

test.each([
  ["bytes", vectorFromArray([null, null, bytes], new Binary()), "Binary"],
  ["lists", vectorFromArray([null, null, [1, 2]], lists), "List<Float64>"],
  ["records", vectorFromArray([null, null, { a: 1 }], records), "Struct<{a:Float64}>"],
  [
    "endless dates",
    new Vector([makeData({ type: new DateDay(), length: 3, data: Int32Array.of(0, 1, 2 ** 31 - 1) })]),
    "a date more than 270,000 years from 1970",
  ],
])("%s in a file of Arrow are refused where they are read, with their place", async (name, vector, got) => {
  const x = vectorFromArray([1.5, 2.5, 3.5], new Float64());
  const table = new ArrowTable({ x, odd: vector as Vector });
  const message = `row 3, column "odd": expected a number, a text, a date, a time or a boolean, got ${got}.`;
  const written = tableToIPC(table, "file");
  expect(() => readArrow(written)).toThrow(`readArrow: ${message}`);
  const file = path(`${name}.arrow`);
  writeFileSync(file, written);
  const whole = await openTable(file);
  await expect(readAll(whole)).rejects.toThrow(`${file} ${message}`);
  for await (const { columns } of whole.chunks({ columns: ["x"] })) expect(columns).toMatchObject([{ name: "x" }]);
});

test.each([
  ["bytes", "'\\x00\\xFF'::BLOB", "bytes (BYTE_ARRAY)"],
  ["endless", "DATE 'infinity'", "a date more than 270,000 years from 1970"],
])("%s in Parquet are refused where they are read, with their place", async (name, value, got) => {
  const file = path(`${name}.parquet`);
  const { connection, close } = await openDuckdb(file, ":memory:");
  await connection.run(`COPY (SELECT 1.5 x, NULL odd UNION ALL SELECT 2.5, ${value}) TO '${file}' (FORMAT parquet)`);
  close();
  const message = `${file} row 2, column "odd": expected a number, a text, a date, a time or a boolean, got ${got}.`;
  await expect(readAll(await openTable(file))).rejects.toThrow(message);
});

test("records of too many levels in JSON are refused, with their place", async () => {
  const file = path("deep.json");
  writeFileSync(file, `[{"a":1},{"a":${'{"b":'.repeat(20_000)}1${"}".repeat(20_000)}}]`);
  await expect(readAll(await openTable(file))).rejects.toThrow(
    `${file} row 2, column "a": expected a number, a text, a date, a time or a boolean, got lists or records of too many levels.`,
  );
});

const expandPatternFolder = mkdtempSync(join(tmpdir(), "pushforward-pattern-"));
afterAll(() => rmSync(expandPatternFolder, { recursive: true }));
for (const name of ["2024/01", "2024/02", "2025/01", ".hidden"])
  mkdirSync(join(expandPatternFolder, name), { recursive: true });
const names = [
  "a1.csv",
  "a2.csv",
  "b1.csv",
  "b^.csv",
  "a(1).csv",
  ".c.csv",
  "2024/01/x.csv",
  "2024/02/y.csv",
  "2025/01/x.csv",
];
for (const name of names) writeFileSync(join(expandPatternFolder, name), "x\n1\n");
symlinkSync(join(expandPatternFolder, "2024"), join(expandPatternFolder, "link"));

test.each([
  ["a?.csv", ["a1.csv", "a2.csv"]],
  ["[ab]1.csv", ["a1.csv", "b1.csv"]],
  ["[!a]1.csv", ["b1.csv"]],
  ["a[1-2].csv", ["a1.csv", "a2.csv"]],
  ["a(*).csv", ["a(1).csv"]],
  ["b[\\^].csv", ["b^.csv"]],
  ["2024/*/*.csv", ["2024/01/x.csv", "2024/02/y.csv"]],
  ["*/01/x.csv", ["2024/01/x.csv", "2025/01/x.csv", "link/01/x.csv"]],
  ["**/x.csv", ["2024/01/x.csv", "2025/01/x.csv"]],
  ["2024/**", ["2024/01/x.csv", "2024/02/y.csv"]],
  [".*.csv", [".c.csv"]],
])("%s", async (pattern, expected) => {
  expect(await expandPattern(join(expandPatternFolder, pattern))).toEqual(
    expected.map((name) => join(expandPatternFolder, name)),
  );
});

test("a name with brackets that exists is this file, and a pattern without files an error", async () => {
  writeFileSync(join(expandPatternFolder, "[1].csv"), "x\n1\n");
  expect(await expandPattern(join(expandPatternFolder, "[1].csv"))).toEqual([join(expandPatternFolder, "[1].csv")]);
  await expect(expandPattern(join(expandPatternFolder, "none-*.csv"))).rejects.toThrow(
    /expected at least one file, got none/,
  );
});

test("the engine finds the same files", async () => {
  const { connection, close } = await openDuckdb("test");
  for (const pattern of ["a?.csv", "[ab]1.csv", "2024/*/*.csv", "2024/**"]) {
    const path = join(expandPatternFolder, pattern);
    const rows = (await connection.runAndReadAll(`SELECT file FROM glob('${path}') ORDER BY file`)).getRows();
    expect(await expandPattern(path), pattern).toEqual(rows.map(([file]) => file));
  }
  close();
});
