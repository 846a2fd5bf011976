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
    columns: names.map((name, j) => ({ name, kind: "number", values: columnOf(data, j, width, rows) })),
  };
}

function columnOf(data: ArrayLike<number>, j: number, width: number, rows: number): Float64Array {
  const values = new Float64Array(rows);
  for (let row = 0; row < rows; row++) values[row] = data[row * width + j] as number;
  return values;
}
