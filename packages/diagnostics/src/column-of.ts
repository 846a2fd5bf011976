import type { HostRows } from "@pushforward/core/plain";

/** A column as an array. */
export function columnOf({ rows, columns, data }: HostRows, column: number): Float64Array {
  return Float64Array.from({ length: rows }, (_, i) => data[i * columns + column] as number);
}
