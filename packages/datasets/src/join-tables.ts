import { joinNumbers } from "./join-numbers.ts";
import type { Column, Table } from "./table.ts";

/** The rows of tables with the same columns, one table after the other; undefined for no tables. */
export function joinTables(tables: readonly Table[]): Table | undefined {
  const [first] = tables;
  if (first === undefined) return undefined;
  const columns = first.columns.map((column, j): Column => {
    const parts = tables.map((table) => table.columns[j] as Column);
    if (column.kind === "number")
      return { ...column, values: joinNumbers(parts.map(({ values }) => values as Float64Array)) };
    const missing = missingRows(tables, j);
    return {
      ...{ name: column.name, kind: "text", values: parts.flatMap(({ values }) => values as readonly string[]) },
      ...(missing.size > 0 && { missing }),
    };
  });
  return { rows: tables.reduce((sum, { rows }) => sum + rows, 0), columns };
}

/** The rows without a value of a column of text, counted through all tables. */
function missingRows(tables: readonly Table[], column: number): Set<number> {
  const all = new Set<number>();
  let before = 0;
  for (const { rows, columns } of tables) {
    const of = columns[column] as Column;
    if (of.kind === "text") for (const row of of.missing ?? []) all.add(before + row);
    before += rows;
  }
  return all;
}
