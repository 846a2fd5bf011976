import type { Cell, ColumnLike } from "./table-like.ts";

/** A cell of a column. */
export function cellOf(column: ColumnLike, row: number): Cell {
  if (column.kind === "text") return column.missing?.has(row) ? undefined : column.values[row];
  const value = column.values[row] as number;
  return Number.isNaN(value) ? undefined : value;
}
