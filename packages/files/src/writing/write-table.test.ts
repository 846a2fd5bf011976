import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBDataChunk } from "@duckdb/node-api";
import { SaveError } from "@pushforward/core";
import { type NumberColumn, penguins, type Table, type TextColumn } from "@pushforward/datasets";
import { afterAll, describe, expect, test, vi } from "vitest";
import { readParquet } from "../parquet/read-parquet.ts";
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
    expect(readFileSync(path).length).toBeGreaterThan(5000);
    expect(statSync(path).mode & 0o777).toBe(0o640);
  });

  test("is a SaveError in a folder that is not there", async () => {
    const inside = join(folder, "none", `x.${end}`);
    await expect(writeTable(inside, penguins())).rejects.toThrow(SaveError);
    await expect(writeTable(inside, penguins())).rejects.toThrow("Create the folder first.");
  });
});

test("memory of the engine does not grow with the rows, and texts of one block do not stand in the next", async () => {
  const create = vi.spyOn(DuckDBDataChunk, "create");
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
  expect(create).toHaveBeenCalledTimes(1);
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
