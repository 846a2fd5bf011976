import { readFileSync } from "node:fs";

/** The source of a file of cases and of all that it imports from its folder: what a test looks for names in. */
export function sourceOfCases(file: URL): string {
  const source = readFileSync(file, "utf8");
  const beside = [...source.matchAll(/from "(\.\/.+)"/g)].map(([, path]) => new URL(path as string, file));
  return [source, ...beside.map(sourceOfCases)].join("\n");
}
