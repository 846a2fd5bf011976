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
