import { DataError } from "@pushforward/core";
import type { Table } from "@pushforward/datasets";
import { rowNumber } from "./row-number.ts";
import { tableLocation, tablePlace } from "./table-place.ts";

/** What rows of a table are for. */
export type RowPurpose = "train" | "validation" | "test";

const PARTS: ReadonlyMap<string, RowPurpose> = new Map([
  ["train", "train"],
  ["val", "validation"],
  ["validation", "validation"],
  ["test", "test"],
]);

/**
 * The row indices of a table by the words train, val and test of a column. All rows are for training when no column is
 * named.
 *
 * @throws {DataError} there is no such column, or it holds another word.
 */
export function rowsByWord(table: Table, name?: string, file?: string): Record<RowPurpose, number[]> {
  const parts: Record<RowPurpose, number[]> = { train: [], validation: [], test: [] };
  const column = table.columns.find((c) => c.name === name);
  if (name !== undefined && column === undefined) {
    throw new DataError(
      `${tablePlace(tableLocation(file))}expected a split column "${name}", got none.`,
      tableLocation(file, name),
    );
  }
  for (let i = 0; i < table.rows; i++) {
    const word = column === undefined ? "train" : String(column.values[i]);
    const part = PARTS.get(word);
    if (part === undefined) {
      const at = tableLocation(file, name, rowNumber(table, i));
      throw new DataError(`${tablePlace(at)}expected train, val or test, got "${word}".`, at);
    }
    parts[part].push(i);
  }
  return parts;
}
