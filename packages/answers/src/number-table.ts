import type { NdArray, Table } from "pushforward";

/**
 * Rows of numbers `[rows, columns]` as named columns.
 *
 * @example
 * numberTable(ndArray([2, 2], Float64Array.of(1, 2, 3, 4)), ["a", "b"]).rows; // → 2
 */
export function numberTable({ shape, data }: NdArray, names: readonly string[]): Table {
  const [rows = 0, width = names.length] = shape;
  return {
    rows,
    columns: names.map((name, j) => ({
      ...{ name, kind: "number" },
      values: Float64Array.from({ length: rows }, (_, row) => data[row * width + j] as number),
    })),
  };
}
