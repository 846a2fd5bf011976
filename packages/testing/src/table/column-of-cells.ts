import type { Cell, ColumnLike } from "./table-like.ts";

/** A column of cells. */
export function columnOfCells(name: string, kind: ColumnLike["kind"], cells: readonly Cell[]): ColumnLike {
  if (kind === "number") {
    return { name, kind, values: Float64Array.from(cells, (cell) => (cell === undefined ? Number.NaN : Number(cell))) };
  }
  const missing = new Set(cells.flatMap((cell, row) => (cell === undefined ? [row] : [])));
  const values = cells.map((cell) => (cell === undefined ? "" : String(cell)));
  return { name, kind, values, ...(missing.size > 0 && { missing }) };
}
