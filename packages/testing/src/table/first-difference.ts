import { cellOf } from "./cell-of.ts";
import type { ColumnLike, TableLike } from "./table-like.ts";

/** The first row in which two tables differ; undefined where they are the same. */
export function firstDifference(a: TableLike, b: TableLike): number | undefined {
  if (a.columns.length !== b.columns.length) return 0;
  for (let row = 0; row < Math.max(a.rows, b.rows); row++) {
    const isSame = a.columns.every((column, k) => {
      const other = b.columns[k] as ColumnLike;
      return column.name === other.name && Object.is(cellOf(column, row), cellOf(other, row));
    });
    if (!isSame) return row;
  }
  return undefined;
}
