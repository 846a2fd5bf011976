import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** The names that one entry of a package exports. */
export interface Entry {
  /** As it is imported: `pushforward/node`. */
  readonly specifier: string;
  readonly values: ReadonlySet<string>;
  readonly types: ReadonlySet<string>;
}

/** The names that a module exports. A class counts as a value. */
export type ExportedNames = Pick<Entry, "values" | "types">;

interface Manifest {
  readonly name: string;
  readonly exports: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/**
 * Returns all entries of all packages, by the folder of the package. The names are read from the sources; no module is
 * loaded.
 */
export function exportedNames(root: string): ReadonlyMap<string, readonly Entry[]> {
  const files = new Map<string, Map<string, string>>();
  for (const folder of readdirSync(join(root, "packages"))) {
    const manifest: Manifest = JSON.parse(readFileSync(join(root, "packages", folder, "package.json"), "utf8"));
    const entries = Object.entries(manifest.exports).map(([path, conditions]): [string, string] => [
      `${manifest.name}${path.slice(1)}`,
      join(root, "packages", folder, conditions["@pushforward/source"] ?? sourceOf(conditions["types"] ?? "")),
    ]);
    files.set(folder, new Map(entries));
  }
  const modules = new Map([...files.values()].flatMap((entries) => [...entries]));
  const named = ([specifier, file]: [string, string]): Entry => ({ specifier, ...namesOf(file, modules) });
  return new Map([...files].map(([folder, entries]) => [folder, [...entries].map(named)]));
}

/** Source of the declarations of a bundled entry, which no program imports from source. */
function sourceOf(types: string): string {
  return types.replace("/dist/", "/src/").replace(/\.d\.ts$/, ".ts");
}

/**
 * The names that a source file exports.
 *
 * @param modules the files of modules that `export * from` may name, by specifier; relative ones need no entry.
 * @throws {Error} `export * from` names an unknown module.
 */
export function namesOf(file: string, modules: ReadonlyMap<string, string>): ExportedNames {
  const source = readFileSync(file, "utf8");
  const values = new Set(
    [...source.matchAll(/^export (?:abstract |async )*(?:class|function\*?|const|let|enum) (\w+)/gm)].map(
      ([, name = ""]) => name,
    ),
  );
  for (const [, name = ""] of source.matchAll(/^export \* as (\w+) from/gm)) values.add(name);
  for (const [, names = ""] of source.matchAll(/^export const \{([^}]*)\}/gm)) {
    for (const name of listed(names)) values.add(name);
  }
  const types = new Set([...source.matchAll(/^export (?:interface|type) (\w+)/gm)].map(([, name = ""]) => name));
  for (const [, all, names = ""] of source.matchAll(/^export (type )?\{([^}]*)\}/gm)) {
    for (const name of listed(names)) {
      const set = all !== undefined || name.startsWith("type ") ? types : values;
      set.add(name.replace(/^type /, "").replace(/^.* as /, ""));
    }
  }
  for (const [, from = ""] of source.matchAll(/^export \* from "([^"]+)"/gm)) {
    const next = from.startsWith(".") ? join(dirname(file), from) : modules.get(from);
    if (next === undefined) throw new Error(`${file}: expected a module of a package, got ${from}.`);
    const names = namesOf(next, modules);
    for (const name of names.values) values.add(name);
    for (const name of names.types) types.add(name);
  }
  return { values, types };
}

function listed(names: string): string[] {
  return names
    .replaceAll(/\/\/.*$/gm, "")
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
}
