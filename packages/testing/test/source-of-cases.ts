import { readFileSync } from "node:fs";

/**
 * Returns the source of a file of cases and of all its imports from the same folder: a test searches this text for
 * names.
 */
export function sourceOfCases(file: URL): string {
  const source = readFileSync(file, "utf8");
  const beside = [...source.matchAll(/from "(\.\/.+)"/g)].map(([, path]) => new URL(path as string, file));
  return [source, ...beside.map(sourceOfCases)].join("\n");
}
