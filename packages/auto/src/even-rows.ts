import type { NdArray } from "@pushforward/core";

/** Numbers of at most `most` rows that are spread evenly over a table. */
export function evenRows({ shape }: NdArray, most: number): Int32Array {
  const rows = shape[0] as number;
  const count = Math.min(rows, most);
  return Int32Array.from({ length: count }, (_, k) => Math.floor((k * rows) / count));
}

/** The numbers of a column in some rows. */
export function columnOf({ shape, data }: NdArray, column: number, rows: Int32Array): Float64Array {
  const columns = shape[1] as number;
  return Float64Array.from(rows, (i) => data[i * columns + column] as number);
}
