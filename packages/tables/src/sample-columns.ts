import type { NdArray } from "@pushforward/core";
import type { NumberColumn } from "@pushforward/datasets";
import { gridSpacing, type TableSchema } from "./table-schema.ts";

/** Samples `[rows, columns]` as the columns of a table; those learned on a grid are rounded to it. */
export function sampleColumns(schema: TableSchema, { shape, data }: NdArray): NumberColumn[] {
  const [rows = 0] = shape;
  const width = schema.columns.length;
  return schema.columns.map((name, j) => {
    const spacing = gridSpacing(schema, name);
    const at = (i: number): number => data[i * width + j] as number;
    const values = Float64Array.from({ length: rows }, (_, i) =>
      spacing === undefined ? at(i) : roundToGrid(at(i), spacing),
    );
    return { name, kind: "number", values };
  });
}

/** The nearest multiple of a grid spacing, without the rest of binary fractions: 0.3, not 0.30000000000000004. */
function roundToGrid(value: number, spacing: number): number {
  // Adding 0 turns −0 into 0.
  return Number((Math.round(value / spacing) * spacing).toPrecision(15)) + 0;
}
