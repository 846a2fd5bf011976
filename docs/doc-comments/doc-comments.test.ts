import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, test } from "vitest";
import { writeCommentExamples } from "./comment-examples.ts";
import { testsOfExample } from "./fixtures.ts";

// Runs every @example of a doc comment; those of one source file are one module. A deep test: see vitest.config.ts.

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const folder = join(root, "docs", ".doc-comments");
const modules = writeCommentExamples(root, folder);

// An example may call deep into the library.
Error.stackTraceLimit = 100;
const work = mkdtempSync(join(tmpdir(), "pushforward-examples-"));
const start = process.cwd();

beforeAll(() => process.chdir(work));

afterAll(() => {
  process.chdir(start);
  for (const path of [folder, work]) rmSync(path, { recursive: true, force: true });
});

/** The error with the line of the source that it comes from. */
function located(error: unknown, path: string): Error {
  const { message, stack = "" } = error instanceof Error ? error : new Error(String(error));
  const line = stack.split(`.doc-comments/${path}:`)[1]?.split(":")[0];
  return new Error(`${path}:${line ?? "?"}: ${message}`, { cause: error });
}

for (const { path, file } of modules) {
  test(path, { timeout: 600_000 }, async () => {
    try {
      await import(file);
      await testsOfExample();
    } catch (error) {
      throw located(error, path);
    }
  });
}
