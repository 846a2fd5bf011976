import type { Column, NumberColumn, Table, TextColumn } from "@pushforward/datasets";
import type { ColumnEmbedding } from "./column-embedding.ts";
import { TableEmbedding } from "./table-embedding.ts";

/** The embedding of the columns of a table. */
export function fitEmbedding({ columns }: Table): TableEmbedding {
  return new TableEmbedding(columns.map(columnEmbedding));
}

function columnEmbedding(column: Column): ColumnEmbedding {
  return column.kind === "number" ? numberEmbedding(column) : categoryEmbedding(column);
}

function numberEmbedding({ name, values }: NumberColumn): ColumnEmbedding {
  const known = values.filter((value) => Number.isFinite(value)).sort();
  return {
    ...{ name, kind: "number" },
    center: known[Math.floor(known.length / 2)] ?? 0,
    hasMissing: values.some((value) => Number.isNaN(value)),
  };
}

function categoryEmbedding({ name, values, missing }: TextColumn): ColumnEmbedding {
  const counts = new Map<string | null, number>();
  for (const [row, value] of values.entries()) {
    const level = missing?.has(row) ? null : value;
    counts.set(level, (counts.get(level) ?? 0) + 1);
  }
  const sorted = [...counts].sort(([, a], [, b]) => b - a);
  return {
    ...{ name, kind: "category" },
    levels: sorted.map(([level]) => level),
    counts: sorted.map(([, count]) => count),
  };
}
