import type { NdArray, Table } from "pushforward";

/** Rows of numbers `[rows, columns]` as named columns. */
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
