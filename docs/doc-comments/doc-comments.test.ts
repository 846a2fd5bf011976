import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { typeErrors } from "../type-errors.ts";
import { docCommentModule, type ImportOf } from "./doc-comment-module.ts";
import { exportedNames } from "./exported-names.ts";
import { testsOfExample } from "./fixtures.ts";

// Every @example of a doc comment compiles and runs; those of one source file are one module.

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const folder = join(root, "docs", ".doc-comments");
const packages = await exportedNames(root);
const helpers = await Promise.all(
  ["check-value.ts", "fixtures.ts"].map(async (name) => {
    const file = join(root, "docs", "doc-comments", name);
    return { file, values: Object.keys(await import(file)) };
  }),
);

function sources(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts") && !entry.name.endsWith(".test.ts"))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join("/"));
}

/** A name comes from the package of the file, from what users install, from the other packages, from the file itself. */
async function importsFor(path: string): Promise<ImportOf> {
  const own = path.split("/")[1] ?? "";
  const order = new Set([own, "pushforward", ...packages.keys()]);
  const entries = [...order].flatMap((name) => packages.get(name) ?? []);
  const here = dirname(join(folder, path));
  const file = join(root, path);
  const files = [{ file, values: Object.keys(await import(file)) }, ...helpers];
  return (name) => {
    if (name === "tf") return 'import * as tf from "@tensorflow/tfjs-core";';
    for (const { specifier, values, types } of entries) {
      if (values.has(name)) return `import { ${name} } from "${specifier}";`;
      if (types.has(name)) return `import type { ${name} } from "${specifier}";`;
    }
    const found = files.find(({ values }) => values.includes(name));
    return found && `import { ${name} } from "${relative(here, found.file).split(sep).join("/")}";`;
  };
}

const modules = await Promise.all(
  sources(join(root, "packages"))
    .filter((path) => /^packages\/[^/]+\/src\//.test(path))
    .map((path) => ({ path, source: readFileSync(join(root, path), "utf8") }))
    .filter(({ source }) => source.includes("@example"))
    .map(async ({ path, source }) => ({ path, code: docCommentModule(path, source, await importsFor(path)) ?? "" })),
);

// An example may call deep into the library.
Error.stackTraceLimit = 100;
const work = mkdtempSync(join(tmpdir(), "pushforward-examples-"));
const start = process.cwd();

beforeAll(() => {
  for (const { path, code } of modules) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), code);
  }
  process.chdir(work);
});

afterAll(() => {
  process.chdir(start);
  for (const path of [folder, work]) rmSync(path, { recursive: true, force: true });
});

test("there are examples to run", () => {
  expect(modules.length).toBeGreaterThan(100);
});

test("every example compiles with strict settings", { timeout: 120_000 }, () => {
  const errors = typeErrors(root, folder);
  expect(errors, errors).toBe("");
});

/** The error with the line of the source that it comes from. */
function located(error: unknown, path: string): Error {
  const { message, stack = "" } = error instanceof Error ? error : new Error(String(error));
  const line = stack.split(`.doc-comments/${path}:`)[1]?.split(":")[0];
  return new Error(`${path}:${line ?? "?"}: ${message}`, { cause: error });
}

describe("examples", () => {
  for (const { path } of modules) {
    test(path, { timeout: 120_000 }, async () => {
      try {
        await import(join(folder, path));
        await testsOfExample();
      } catch (error) {
        throw located(error, path);
      }
    });
  }
});
