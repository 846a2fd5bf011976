import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { docCommentModule, type ImportOf } from "./doc-comment-module.ts";
import { type Entry, exportedNames, namesOf } from "./exported-names.ts";

/** The examples in the doc comments of a source file, as a module. */
export interface CommentExamples {
  /** The source, from the root, with slashes: `packages/core/src/key.ts`. */
  readonly path: string;
  /** The module, in the requested folder. */
  readonly file: string;
}

/** Writes the examples of all doc comments into a folder, as one module for each source file. */
export function writeCommentExamples(root: string, folder: string): readonly CommentExamples[] {
  const packages = exportedNames(root);
  const helpers = ["check-value.ts", "fixtures.ts"].map((name) => join(root, "docs", "doc-comments", name));
  return sources(root).flatMap((path) => {
    const source = readFileSync(join(root, path), "utf8");
    if (!source.includes("@example")) return [];
    const file = join(folder, path);
    const importOf = importsFor(dirname(file), entriesFor(path, packages), [join(root, path), ...helpers]);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, docCommentModule(path, source, importOf) ?? "");
    return [{ path, file }];
  });
}

function sources(root: string): string[] {
  return readdirSync(join(root, "packages"), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts") && !entry.name.endsWith(".test.ts"))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join("/"))
    .filter((path) => /^packages\/[^/]+\/src\//.test(path))
    .sort();
}

/** Entries for names: from the package of the file, from `pushforward`, or from a different package, in this order. */
function entriesFor(path: string, packages: ReadonlyMap<string, readonly Entry[]>): readonly Entry[] {
  const order = new Set([path.split("/")[1] ?? "", "pushforward", ...packages.keys()]);
  return [...order].flatMap((name) => packages.get(name) ?? []);
}

/** Imports for names. Names that no package exports are imported from the file itself or from the helpers. */
function importsFor(here: string, entries: readonly Entry[], files: readonly string[]): ImportOf {
  const modules = files.map((file) => ({ file, ...namesOf(file, new Map()) }));
  return (name) => {
    if (name === "tf") return 'import * as tf from "@tensorflow/tfjs-core";';
    // The type of a class may have another entry than the class.
    const value = entries.find(({ values }) => values.has(name));
    if (value !== undefined) return `import { ${name} } from "${value.specifier}";`;
    const type = entries.find(({ types }) => types.has(name));
    if (type !== undefined) return `import type { ${name} } from "${type.specifier}";`;
    const found = modules.find(({ values }) => values.has(name));
    return found && `import { ${name} } from "${relative(here, found.file).split(sep).join("/")}";`;
  };
}
