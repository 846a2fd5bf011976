import { type SplitRows, splitRows, type TableRows } from "@pushforward/tables/extend";
import { DataError, type Table } from "pushforward";

const MIN_ROWS = 3;

/** A tenth of the rows is held out, the same rows as by the command line. */
export function holdOutRows(table: Table, rows: TableRows, seed: number): SplitRows {
  if (table.rows < MIN_ROWS) {
    throw new DataError(
      `Expected at least ${MIN_ROWS} rows, two for training and one for validation, got ${table.rows}.`,
    );
  }
  return splitRows(table, rows, { seed });
}
