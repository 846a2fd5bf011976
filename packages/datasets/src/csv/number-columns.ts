import type { NumberColumn } from "../table.ts";

/** Columns from numbers that stand row by row. */
export function numberColumns(names: readonly string[], data: ArrayLike<number>): NumberColumn[] {
  const rows = data.length / names.length;
  return names.map((name, j) => ({
    name,
    kind: "number",
    values: Float64Array.from({ length: rows }, (_, i) => data[i * names.length + j] as number),
  }));
}
