import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SaveError } from "@pushforward/core";
import { penguins, type Table } from "@pushforward/datasets";
import { afterAll, describe, expect, test } from "vitest";
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
