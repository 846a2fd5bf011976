import { formatNumber } from "../law/comparison.ts";
import { cellOf } from "./cell-of.ts";
import type { Cell, TableLike } from "./table-like.ts";

/** A cell as messages print it. */
export function formatCell(cell: Cell): string {
  if (cell === undefined) return "missing";
  return typeof cell === "number" ? formatNumber(cell) : JSON.stringify(cell);
}

/** A row of a table as messages print it. */
export function formatRow({ columns }: TableLike, row: number): string {
  return `(${columns.map((column) => `${column.name}: ${formatCell(cellOf(column, row))}`).join(", ")})`;
}
