import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { pageModule } from "../scripts/page-module.mjs";

/** The examples of a Markdown page, as a module. */
export interface PageExamples {
  /** From the root. */
  readonly page: string;
  /** The module, in the requested folder. */
  readonly file: string;
}

const skipped = new Set(["node_modules", "dist", ".pages", ".git", ".turbo", ".changeset", "demo"]);

/** Writes the examples of all Markdown pages into a folder, as one module for each page. */
export function writePageExamples(root: string, folder: string): readonly PageExamples[] {
  mkdirSync(folder, { recursive: true });
  return pages(root).flatMap((path) => {
    const code = pageModule(readFileSync(path, "utf8"));
    if (code === undefined) return [];
    const page = relative(root, path);
    const file = join(folder, `${page.replaceAll(/[^a-zA-Z0-9]+/g, "-")}.ts`);
    writeFileSync(file, code);
    return [{ page, file }];
  });
}

function pages(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) return skipped.has(entry.name) ? [] : pages(path);
    return entry.name.endsWith(".md") ? [path] : [];
  });
}
