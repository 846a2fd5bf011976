import type { NumberColumn, Table, TextColumn } from "@pushforward/datasets";
import type { ColumnEmbedding } from "./column-embedding.ts";
import { TableEmbedding } from "./table-embedding.ts";

/**
 * The embedding of the columns of a table.
 *
 * @param steps spacing of the numbers of columns; 0 where they may lie anywhere. Default: so in all columns.
 */
export function fitEmbedding({ columns }: Table, steps: ReadonlyMap<string, number> = new Map()): TableEmbedding {
  return new TableEmbedding(
    columns.map((column) =>
      column.kind === "number" ? numberEmbedding(column, steps.get(column.name) ?? 0) : categoryEmbedding(column),
    ),
  );
}

function numberEmbedding({ name, values }: NumberColumn, step: number): ColumnEmbedding {
  const known = values.filter((value) => Number.isFinite(value)).sort();
  return {
    ...{ name, kind: "number" },
    center: known[Math.floor(known.length / 2)] ?? 0,
    hasMissing: values.some((value) => Number.isNaN(value)),
    ...(step > 0 && { step }),
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
