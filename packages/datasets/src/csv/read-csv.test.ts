import { lstat, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DataError, SaveError } from "@pushforward/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { penguins } from "../examples.ts";
import type { Table } from "../tables.ts";
import { writeCsv } from "./format-csv.ts";
import { parseCsv, readCsv } from "./parse-csv.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "csv-"));
});
afterAll(() => rm(folder, { recursive: true }));

test("a table written is read back, also in chunks", async () => {
  const path = join(folder, "penguins.csv");
  await writeCsv(path, penguins());
  expect(parseCsv(await readFile(path))).toMatchObject({ ...penguins(), dropped: 0 });
  let rows = 0;
  for await (const chunk of readCsv(path, { chunkRows: 100 })) rows += chunk.rows;
  expect(rows).toBe(342);
});

test("a file much larger than a chunk goes through in little memory", async () => {
  const path = join(folder, "large.csv");
  const part = (from: number): Table => ({
    rows: 20_000,
    columns: ["a", "b", "c", "d"].map((name, j) => ({
      name,
      kind: "number",
      values: Float64Array.from({ length: 20_000 }, (_, i) => (from + i + j) / 8),
    })),
  });
  async function* parts(): AsyncGenerator<Table> {
    for (let k = 0; k < 15; k++) yield part(k * 20_000);
  }
  await writeCsv(path, parts());
  let rows = 0;
  let sum = 0;
  for await (const { columns, rows: count } of readCsv(path)) {
    expect(count).toBeLessThanOrEqual(8192);
    rows += count;
    for (const value of columns[0]?.values ?? []) sum += Number(value);
  }
  expect(rows).toBe(300_000);
  expect(sum).toBe((300_000 * 299_999) / 2 / 8);
});

test("problems name the file", async () => {
  const path = join(folder, "bad.csv");
  await writeFile(path, "a,b\n1,2\n3,x\n4,5\n");
  const run = async (source: string): Promise<void> => {
    for await (const _ of readCsv(source));
  };
  await expect(run(path)).rejects.toThrow(`${path} line 3, row 2, column "b": expected a number, got "x".`);
  await expect(run(join(folder, "none.csv"))).rejects.toThrow(DataError);
  await expect(run(join(folder, "none.csv"))).rejects.toThrow("none.csv: expected a readable file, got ENOENT");
  await expect(run(folder)).rejects.toThrow(DataError);
});

test("a symbolic link stays one: its target is replaced", async () => {
  const target = join(folder, "target.csv");
  const link = join(folder, "link.csv");
  await writeFile(target, "old");
  await symlink(target, link);
  await writeCsv(link, penguins());
  expect((await lstat(link)).isSymbolicLink()).toBe(true);
  expect(parseCsv(await readFile(target)).rows).toBe(342);
});

test("a write that fails leaves the old file and nothing else", async () => {
  const path = join(folder, "kept.csv");
  await writeFile(path, "old");
  const broke = new Error("the source broke");
  async function* broken(): AsyncGenerator<Table> {
    yield penguins();
    throw broke;
  }
  await expect(writeCsv(path, broken())).rejects.toBe(broke);
  async function* mixed(): AsyncGenerator<Table> {
    yield penguins();
    yield { ...penguins(), columns: penguins().columns.slice(1) };
  }
  await expect(writeCsv(path, mixed())).rejects.toThrow("writeCsv: expected the columns");
  await expect(writeCsv(join(folder, "no", "such.csv"), penguins())).rejects.toThrow(SaveError);
  expect(await readFile(path, "utf8")).toBe("old");
  expect((await readdir(folder)).filter((name) => name.endsWith(".tmp"))).toEqual([]);
});

test.each(["x.csv.gz", "x.xlsx", "x.parquet"])("%s is no name of a CSV file", async (name) => {
  await expect(writeCsv(join(folder, name), penguins())).rejects.toThrow(
    /^writeCsv: expected the name of a CSV file .*, got \.\w+\./,
  );
});
