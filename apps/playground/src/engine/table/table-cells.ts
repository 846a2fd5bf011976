import type { Table } from "pushforward";
import type { TableCells } from "../../shared/table-protocol.ts";

/** Rows of a table of texts, cell by cell: those of some columns. */
export function tableCells(table: Table, names: readonly string[], rows: ArrayLike<number>): TableCells {
  const byName = new Map(table.columns.map((column) => [column.name, column]));
  const columns = names.flatMap((name) => byName.get(name) ?? []);
  return {
    columns: columns.map(({ name }) => name),
    rows: Array.from(rows, (row) => columns.map(({ values }) => String(values[row] ?? "").trim())),
  };
}
