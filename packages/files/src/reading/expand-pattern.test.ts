import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { openDuckdb } from "../duckdb/open-duckdb.ts";
import { expandPattern } from "./expand-pattern.ts";

const folder = mkdtempSync(join(tmpdir(), "pushforward-pattern-"));
afterAll(() => rmSync(folder, { recursive: true }));
for (const name of ["2024/01", "2024/02", "2025/01", ".hidden"]) mkdirSync(join(folder, name), { recursive: true });
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
for (const name of names) writeFileSync(join(folder, name), "x\n1\n");
symlinkSync(join(folder, "2024"), join(folder, "link"));

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
  expect(await expandPattern(join(folder, pattern))).toEqual(expected.map((name) => join(folder, name)));
});

test("a name with brackets that exists is this file, and a pattern without files an error", async () => {
  writeFileSync(join(folder, "[1].csv"), "x\n1\n");
  expect(await expandPattern(join(folder, "[1].csv"))).toEqual([join(folder, "[1].csv")]);
  await expect(expandPattern(join(folder, "none-*.csv"))).rejects.toThrow(/expected at least one file, got none/);
});

test("the engine finds the same files", async () => {
  const { connection, close } = await openDuckdb("test");
  for (const pattern of ["a?.csv", "[ab]1.csv", "2024/*/*.csv", "2024/**"]) {
    const path = join(folder, pattern);
    const rows = (await connection.runAndReadAll(`SELECT file FROM glob('${path}') ORDER BY file`)).getRows();
    expect(await expandPattern(path), pattern).toEqual(rows.map(([file]) => file));
  }
  close();
});
