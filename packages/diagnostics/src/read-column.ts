import { type RowsLike, ShapeError } from "@pushforward/core";
import { type ReadRowsOptions, readRows } from "@pushforward/core/extend";
import type { HostRows } from "@pushforward/core/plain";

/** Reads and copies one number per row, for `rows` or any number of rows. */
export function readColumn(
  value: RowsLike,
  where: string,
  name: string,
  rows?: number,
  options: ReadRowsOptions = {},
): Float64Array {
  const table = readRows(value, where, name, options);
  if (table.columns !== 1 || (rows !== undefined && table.rows !== rows)) {
    throw new ShapeError(
      `${where}: expected ${name} of shape [${rows ?? "n"}], got [${table.rows}, ${table.columns}].`,
    );
  }
  return table.data;
}

/** A column as an array. */
export function columnOf({ rows, columns, data }: HostRows, column: number): Float64Array {
  return Float64Array.from({ length: rows }, (_, i) => data[i * columns + column] as number);
}
