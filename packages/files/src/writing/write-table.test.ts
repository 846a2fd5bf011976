import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SaveError } from "@pushforward/core";
import { type Column, type NumberColumn, penguins, type Table, type TextColumn } from "@pushforward/datasets";
import { afterAll, describe, expect, test } from "vitest";
import { DEEP } from "../../../testing/test/deep.ts";
import { readParquet } from "../parquet/parquet-file.ts";
import { openTable } from "../reading/open-table.ts";
import { writeTable } from "./write-table.ts";

const folder = mkdtempSync(join(tmpdir(), "pushforward-write-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe.each(["csv", "parquet", "arrow", "jsonl"])("a %s file that is replaced", (end) => {
  const path = join(folder, `table.${end}`);

  test("stays as it was when its rows break, and their error is told as it is", async () => {
    writeFileSync(path, "old", { mode: 0o640 });
    const broke = new Error("the source broke");
    async function* broken(): AsyncGenerator<Table> {
      yield penguins();
      throw broke;
    }
    await expect(writeTable(path, broken())).rejects.toBe(broke);
    expect(readFileSync(path, "utf8")).toBe("old");
    expect(readdirSync(folder).filter((name) => name.includes(".tmp"))).toEqual([]);
  });

  test("keeps its permissions", async () => {
    await writeTable(path, penguins());
    expect(readFileSync(path).length).toBeGreaterThan(4000);
    expect(statSync(path).mode & 0o777).toBe(0o640);
  });

  test("is a SaveError in a folder that is not there", async () => {
    const inside = join(folder, "none", `x.${end}`);
    await expect(writeTable(inside, penguins())).rejects.toThrow(SaveError);
    await expect(writeTable(inside, penguins())).rejects.toThrow("Create the folder first.");
  });
});

test("texts and missing cells of one block do not stand in the next", async () => {
  const path = join(folder, "long.parquet");
  const blocks = Array.from({ length: 4 }, (_, block): Table => {
    const rows = 3000;
    const values = Array.from({ length: rows }, (_, i) => `a text that is longer than twelve bytes ${block} ${i}`);
    const missing = new Set([block, 10 * block + 1]);
    const numbers = Float64Array.from({ length: rows }, (_, i) => (i % 7 === block ? Number.NaN : block + i / rows));
    return {
      rows,
      columns: [
        { name: "text", kind: "text", values, missing },
        { name: "number", kind: "number", values: numbers },
      ],
    };
  });
  await writeTable(
    path,
    (async function* () {
      yield* blocks;
    })(),
  );
  const read = await readParquet(new Uint8Array(readFileSync(path)));
  const [texts, numbers] = read.columns as [TextColumn, NumberColumn];
  const expected = blocks.flatMap(({ columns }) => [...(columns[1]?.values ?? [])]);
  expect([...numbers.values]).toEqual(expected);
  for (const [block, { columns }] of blocks.entries()) {
    const [own] = columns as [TextColumn];
    for (const row of [0, 1, 10 * block + 1, 2047, 2048, 2999]) {
      const at = 3000 * block + row;
      expect(texts.missing?.has(at) ?? false, `${at}`).toBe(own.missing?.has(row));
      if (!own.missing?.has(row)) expect(texts.values[at]).toBe(own.values[row]);
    }
  }
});

describe("the type of a column of Parquet", () => {
  // Two blocks are more than one row group.
  const rows = DEEP ? 70_000 : 33_000;
  const types = new Map([
    ["n", "INTEGER"],
    ["day", "DATE"],
    ["x", "DOUBLE"],
  ]);
  const blockOf = (n: (i: number) => number, day: (i: number) => string): Table => ({
    rows,
    columns: [
      { name: "n", kind: "number", values: Float64Array.from({ length: rows }, (_, i) => n(i)) },
      { name: "day", kind: "text", values: Array.from({ length: rows }, (_, i) => day(i)), missing: new Set([3]) },
      { name: "x", kind: "text", values: Array.from({ length: rows }, (_, i) => String(i / 8)) },
    ],
  });
  const days = (i: number): string => `2024-01-${String(1 + (i % 28)).padStart(2, "0")}`;

  async function written(...tables: readonly Table[]): Promise<[types: Map<string, string>, table: Table]> {
    const path = join(folder, "typed.parquet");
    async function* all(): AsyncGenerator<Table> {
      yield* tables;
    }
    await writeTable(path, all(), { types });
    const file = await openTable(path);
    return [new Map(file.types), await readParquet(new Uint8Array(readFileSync(path)))];
  }

  test("is kept while all cells fit it; texts of numbers become numbers", async () => {
    const [found, { columns }] = await written(blockOf((i) => (i === 9 ? Number.NaN : i), days));
    expect(found).toEqual(types);
    expect([columns[0]?.values[9], columns[0]?.values.at(-1), columns[2]?.values[12]]).toEqual([NaN, rows - 1, 1.5]);
    expect([columns[1]?.values[28], (columns[1] as TextColumn).missing]).toEqual(["2024-01-01", new Set([3])]);
  });

  test("is widened at the first cell that does not, in the rows before too", async () => {
    const last = blockOf(
      (i) => (i === rows - 1 ? 0.5 : i),
      (i) => (i === rows - 1 ? "soon" : days(i)),
    );
    const [found, { rows: all, columns }] = await written(
      blockOf((i) => i, days),
      last,
    );
    expect(found).toEqual(new Map([...types, ["n", "DOUBLE"], ["day", "VARCHAR"]]));
    expect(all).toBe(2 * rows);
    const [n, day, x] = columns as [NumberColumn, TextColumn, NumberColumn];
    expect([n.values[5], n.values[rows], n.values.at(-1)]).toEqual([5, 0, 0.5]);
    expect([day.values[5], day.values.at(-1), day.missing]).toEqual(["2024-01-06", "soon", new Set([3, rows + 3])]);
    expect([x.values[5], x.values.at(-1)]).toEqual([5 / 8, (rows - 1) / 8]);
    expect(readdirSync(folder).filter((name) => /narrow|tmp/.test(name))).toEqual([]);
  });

  test.runIf(DEEP)("is text where a column of numbers has a text", async () => {
    const text: Table = { rows: 1, columns: blockOf((i) => i, days).columns.map((column) => ({ ...column })) };
    const [, day, x] = text.columns as [Column, Column, Column];
    const [found, { columns }] = await written(
      blockOf((i) => i, days),
      {
        rows: 1,
        columns: [{ name: "n", kind: "text", values: ["many"] }, day, x],
      },
    );
    expect(found.get("n")).toBe("VARCHAR");
    expect([columns[0]?.values[7], columns[0]?.values.at(-1)]).toEqual(["7", "many"]);
  });
});

test("JSON lines have null for what is missing or infinite, and booleans by their type", async () => {
  const path = join(folder, "lines.jsonl");
  const table: Table = {
    rows: 3,
    columns: [
      { name: 'a "b"', kind: "number", values: Float64Array.of(1, Number.NaN, Number.POSITIVE_INFINITY) },
      { name: "flag", kind: "text", values: ["true", "false", ""], missing: new Set([2]) },
    ],
  };
  await writeTable(path, table, { types: new Map([["flag", "BOOLEAN"]]) });
  expect(
    readFileSync(path, "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line)),
  ).toEqual([
    { 'a "b"': 1, flag: true },
    { 'a "b"': null, flag: false },
    { 'a "b"': null, flag: null },
  ]);
});

describe("a column whose later cells do not fit its type", () => {
  const parts: Table[] = [
    ["1", "2", "9007199254740993"],
    ["3", "4.5", "7"],
    ["5", "word", "8"],
  ].map(([a, b, c], i) => ({
    rows: 1,
    columns: [
      { name: "integer", kind: "text", values: [a as string] },
      { name: "wider", kind: "text", values: [i < 2 ? (b as string) : "6"] },
      { name: "widest", kind: "text", values: [b as string] },
      { name: "large", kind: "text", values: [c as string] },
    ],
  }));
  const types = new Map(["integer", "wider", "widest", "large"].map((name) => [name, "BIGINT"]));

  test.each(["parquet", "arrow"])("gets a wider type in a %s file, and no digit is lost", async (end) => {
    const path = join(folder, `wide.${end}`);
    async function* all(): AsyncGenerator<Table> {
      for (const part of parts) yield part;
    }
    await writeTable(path, all(), { types });
    const source = await openTable(path);
    expect(Object.fromEntries(source.types ?? [])).toEqual({
      ...{ integer: "BIGINT", wider: "DOUBLE", widest: "VARCHAR", large: "BIGINT" },
    });
    const cells = new Map<string, string[]>();
    for await (const { columns } of source.chunks({ kinds: "text", missing: "keep" })) {
      for (const { name, values } of columns) cells.set(name, Array.from<string | number, string>(values, String));
    }
    expect(Object.fromEntries(cells)).toEqual({
      ...{ integer: ["1", "3", "5"], wider: ["2", "4.5", "6"], widest: ["2", "4.5", "word"] },
      large: ["9007199254740993", "7", "8"],
    });
    expect(readdirSync(folder).filter((name) => name.includes("narrow"))).toEqual([]);
  });
});

test.each(["a.csv.gz", "a.zst", "a.xlsx", "a.npy", "a.sqlite", "a.doc"])(
  "%s is refused with the ends that are known",
  async (name) => {
    await expect(writeTable(join(folder, name), penguins())).rejects.toThrow(
      /expected the name of a file that ends in \.csv, .*, got \.\w+\./,
    );
    expect(readdirSync(folder)).not.toContain(name);
  },
);

test("a .json file is an array", async () => {
  const path = join(folder, "array.json");
  await writeTable(path, penguins());
  expect(JSON.parse(readFileSync(path, "utf8"))).toHaveLength(342);
});
