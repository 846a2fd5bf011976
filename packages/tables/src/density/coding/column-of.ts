import { DataError } from "@pushforward/core";
import { type Column, listNames, type Table } from "@pushforward/datasets";

/**
 * The column of a name in a table.
 *
 * @throws {DataError} there is none.
 */
export function columnOf(table: Table, name: string): Column {
  const found = table.columns.find((column) => column.name === name);
  if (found !== undefined) return found;
  const names = listNames(table.columns.map((column) => column.name));
  throw new DataError(`table: expected a column "${name}", got the columns ${names}.`, { column: name });
}
