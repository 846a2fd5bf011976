import type { Table } from "pushforward";
import { readVariables, type TableRows, tableRows } from "pushforward/extend";
import { isTableDensity } from "./is-table-density.ts";
import type { LoadedModel } from "./loaded-model.ts";
import { numberTable } from "./number-table.ts";

/** Rows as a model takes them. */
export interface ReadRows {
  /** The modeled columns as the model reads them. */
  readonly typed: Table;
  /** Of a flow: the same as numbers, with the context. */
  readonly numbers?: TableRows;
}

/**
 * Reads the rows of a table as a model takes them.
 *
 * @param file name of the table, for messages.
 * @throws {DataError} a column is missing, or a value does not fit its column; the message names its row.
 * @example
 * const read = (model: LoadedModel, table: Table) => readRows(model, table, "body").typed;
 */
export function readRows(model: LoadedModel, table: Table, file: string): ReadRows {
  if (isTableDensity(model)) return { typed: readVariables(table, model.learned, { file }).table };
  const numbers = tableRows(table, model.schema, file);
  return { typed: numberTable(numbers.x, model.schema.columns), numbers };
}
