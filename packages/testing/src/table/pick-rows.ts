import { cellOf } from "./cell-of.ts";
import { columnOfCells } from "./column-of-cells.ts";
import type { TableLike } from "./table-like.ts";

/** Some rows of a table, in the order of their places. */
export function pickRows({ columns }: TableLike, places: readonly number[]): TableLike {
  return {
    rows: places.length,
    columns: columns.map((column) =>
      columnOfCells(
        column.name,
        column.kind,
        places.map((row) => cellOf(column, row)),
      ),
    ),
  };
}
