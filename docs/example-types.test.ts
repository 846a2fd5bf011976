import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { writeCommentExamples } from "./doc-comments/comment-examples.ts";
import { writePageExamples } from "./page-examples.ts";

// Compiles all examples, of pages and of doc comments, in one program. The deep tests run them.

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
let folder = "";

beforeAll(() => {
  folder = mkdtempSync(join(root, "docs", ".types-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The report of the compiler about all modules of the folder; empty if it finds no error. */
function typeErrors(): string {
  const compilerOptions = {
    ...{ isolatedDeclarations: false, declaration: false, declarationMap: false, incremental: false },
    // An example may leave a variable unused.
    ...{ noUnusedLocals: false, noUnusedParameters: false, tsBuildInfoFile: null },
  };
  const settings = { extends: join(root, "tsconfig.base.json"), compilerOptions, include: ["**/*.ts"] };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(settings));
  const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
  const options = ["-p", folder, "--pretty", "false"];
  const { status, stdout, stderr } = spawnSync(process.execPath, [compiler, ...options], {
    cwd: folder,
    encoding: "utf8",
  });
  return status === 0 ? "" : `${stdout}${stderr}`;
}

test("every example compiles with strict settings", { timeout: 120_000 }, () => {
  expect(writePageExamples(root, join(folder, "pages")).length).toBeGreaterThan(10);
  expect(writeCommentExamples(root, join(folder, "comments")).length).toBeGreaterThan(100);
  const errors = typeErrors();
  expect(errors, errors).toBe("");
});
