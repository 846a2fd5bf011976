import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test, vi } from "vitest";
import { removeAtExit, replaceFile } from "./replace-file.ts";

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

test("a signal that nobody listens to ends the process after the files have gone; one that is listened to does not", () => {
  const kill = vi.spyOn(process, "kill").mockReturnValue(true);
  const others = process.listeners("SIGTERM");
  process.removeAllListeners("SIGTERM");
  try {
    const path = join(folder, "ended");
    writeFileSync(path, "half");
    const forget = removeAtExit(path);
    const own = (): void => undefined;
    process.on("SIGTERM", own);
    process.emit("SIGTERM", "SIGTERM");
    expect([existsSync(path), kill.mock.calls]).toEqual([true, []]);
    process.off("SIGTERM", own);
    process.emit("SIGTERM", "SIGTERM");
    expect([existsSync(path), kill.mock.calls]).toEqual([false, [[process.pid, "SIGTERM"]]]);
    forget();
    expect(process.listenerCount("SIGTERM")).toBe(0);
  } finally {
    kill.mockRestore();
    for (const listener of others) process.on("SIGTERM", listener);
  }
});
