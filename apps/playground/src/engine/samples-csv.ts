import type { RowLayout } from "@pushforward/tables/extend";
import { type DrawOptions, formatCsv, type Table, type TableModel } from "pushforward";

/** Samples of a model as a CSV file, in the formats of its columns: those of the command line from the same seed. */
export function samplesCsv(model: TableModel, options: DrawOptions): string {
  let text = "";
  for (const block of model.draw(options)) text += formatCsv(block, { header: text === "" });
  return text;
}

/** The context that the visitor has set, as a table of one row; undefined for a model without. */
export function contextTable({ context }: RowLayout, values: readonly number[]): Table | undefined {
  if (context.length === 0) return undefined;
  return {
    rows: 1,
    columns: context.map((column, k) => {
      const { name, kind } = column;
      const value = values[k] ?? 0;
      return kind === "number"
        ? { name, kind, values: Float64Array.of(value) }
        : { name, kind: "text", values: [column.categories[value] as string] };
    }),
  };
}
