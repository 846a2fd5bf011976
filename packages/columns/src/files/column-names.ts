import { DataError } from "@pushforward/core";
import type { Table } from "@pushforward/datasets";

/**
 * Refuses a table whose fields have spaces between them, which is read as one column of text.
 *
 * @param file name of the table, for the message.
 * @throws {DataError} the only column holds numbers with spaces between them.
 * @example
 * refuseSpaces(parseCsv("a b\nx y\n"), "data.csv"); // nothing: these may be texts
 */
export function refuseSpaces({ columns }: Table, file: string): void {
  const [only, ...others] = columns;
  if (only?.kind !== "text" || others.length > 0) return;
  const inNumbers = only.values.every((value) => /^\s*[-+\d.]\S*(\s+\S+)+\s*$/.test(value));
  if (!inNumbers) return;
  throw new DataError(
    `${file}: expected fields separated by a comma, a semicolon, a tab or a bar, got spaces. Replace them, for instance by tr -s ' ' ,`,
    { file },
  );
}

/**
 * A name for a new column of a table: the wished one, or with the first number that makes it different from all others.
 *
 * @example
 * freeName("log_density", ["age", "log_density"]); // → "log_density_2"
 */
export function freeName(wish: string, taken: readonly string[]): string {
  const names = new Set(taken);
  if (!names.has(wish)) return wish;
  for (let i = 2; ; i++) if (!names.has(`${wish}_${i}`)) return `${wish}_${i}`;
}

/** Names that a line has, at most. */
const MOST_NAMES = 12;

/**
 * The first names of a list, and the number of the others.
 *
 * @example
 * shortList(["a", "b"]); // → "a, b"
 */
export function shortList(names: readonly string[]): string {
  const shown = names.slice(0, MOST_NAMES).join(", ");
  return names.length <= MOST_NAMES ? shown : `${shown} and ${names.length - MOST_NAMES} more`;
}
