import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** What one entry of a package exports. */
export interface Entry {
  /** As it is imported: `pushforward/node`. */
  readonly specifier: string;
  readonly values: ReadonlySet<string>;
  readonly types: ReadonlySet<string>;
}

interface Manifest {
  readonly name: string;
  readonly exports: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** All entries of all packages, by the folder of the package. */
export async function exportedNames(root: string): Promise<ReadonlyMap<string, readonly Entry[]>> {
  const all = new Map<string, readonly Entry[]>();
  for (const folder of readdirSync(join(root, "packages"))) {
    const manifest: Manifest = JSON.parse(readFileSync(join(root, "packages", folder, "package.json"), "utf8"));
    const entries = Object.entries(manifest.exports).map(async ([path, conditions]): Promise<Entry> => {
      const file = join(root, "packages", folder, conditions["@pushforward/source"] ?? "");
      const values = new Set(Object.keys(await import(file)));
      return {
        specifier: `${manifest.name}${path.slice(1)}`,
        values,
        types: exportedTypes(readFileSync(file, "utf8")),
      };
    });
    all.set(folder, await Promise.all(entries));
  }
  return all;
}

/** The types that an `index.ts` names in its lists of exports. */
export function exportedTypes(source: string): ReadonlySet<string> {
  const lists = [...source.matchAll(/^export (type )?\{([^}]*)\}/gm)];
  const types = lists.flatMap(([, all, names = ""]) =>
    names
      .split(",")
      .map((name) => name.trim())
      .filter((name) => name !== "" && (all !== undefined || name.startsWith("type ")))
      .map((name) => name.replace(/^type /, "").replace(/^.* as /, "")),
  );
  return new Set(types);
}
