import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { pageModule } from "../scripts/page-module.mjs";
import { typeErrors } from "./type-errors.ts";

// Every ```ts fence of every page runs; the fences of one page are one module.

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const folder = join(root, "docs", ".examples");
const skipped = new Set(["node_modules", "dist", ".git", ".turbo", ".changeset", ".examples", ".types", "demo"]);

function pages(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    if (skipped.has(entry.name)) return [];
    const path = join(directory, entry.name);
    if (entry.isDirectory()) return pages(path);
    return entry.name.endsWith(".md") ? [path] : [];
  });
}

mkdirSync(folder, { recursive: true });
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const examples = pages(root).flatMap((page) => {
  const code = pageModule(readFileSync(page, "utf8"));
  return code === undefined ? [] : [{ page: relative(root, page), code }];
});

function fileOf(page: string): string {
  return `${page.replaceAll(/[^a-zA-Z0-9]+/g, "-")}.ts`;
}

test("there are examples to run", () => {
  expect(examples.length).toBeGreaterThan(10);
});

test("every example compiles with strict settings", { timeout: 120_000 }, () => {
  const types = join(root, "docs", ".types");
  mkdirSync(types, { recursive: true });
  try {
    for (const { page, code } of examples) writeFileSync(join(types, fileOf(page)), code);
    const errors = typeErrors(root, types);
    expect(errors, errors).toBe("");
  } finally {
    rmSync(types, { recursive: true, force: true });
  }
});

describe("examples", () => {
  for (const { page, code } of examples) {
    test(page, { timeout: 120_000 }, async () => {
      const file = join(folder, fileOf(page));
      writeFileSync(file, code);
      await import(file);
    });
  }
});
