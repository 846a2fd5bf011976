import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { removeAtExit } from "./remove-at-exit.ts";
import { replaceFile } from "./replace-file.ts";

const folder = mkdtempSync(join(tmpdir(), "pushforward-exit-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What is done when the process exits that was not done before. */
function exitOf(before: readonly unknown[]): void {
  for (const listener of process.listeners("exit")) if (!before.includes(listener)) (listener as () => void)();
}

test("files and folders that are not forgotten go when the process exits", () => {
  const before = process.listeners("exit");
  const [kept, gone, rows] = ["kept", "gone", "rows"].map((name) => join(folder, name)) as [string, string, string];
  for (const path of [kept, gone]) writeFileSync(path, "rows");
  mkdirSync(rows);
  writeFileSync(join(rows, "rows.db"), "rows");
  const forget = removeAtExit(kept);
  const others = [removeAtExit(gone), removeAtExit(rows)];
  forget();
  exitOf(before);
  expect([kept, gone, rows].map((path) => existsSync(path))).toEqual([true, false, false]);
  for (const end of others) end();
  expect(process.listeners("exit")).toEqual(before);
});

test("a file that is half written when the process exits is removed, and the old one stays", async () => {
  const before = process.listeners("exit");
  const path = join(folder, "model");
  writeFileSync(path, "old");
  let written = "";
  await expect(
    replaceFile("test", path, async (temporary) => {
      written = temporary;
      await writeFile(temporary, "half");
      exitOf(before);
      expect(existsSync(temporary)).toBe(false);
    }),
  ).rejects.toThrow("ENOENT");
  expect([existsSync(written), existsSync(path)]).toEqual([false, true]);
  expect(process.listeners("exit")).toEqual(before);
});
