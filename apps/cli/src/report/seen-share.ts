import { getColumn } from "@pushforward/datasets/extend";
import type { Table } from "pushforward";

/** The share of the cells of a column, missing ones left out, whose value some training row has; null where all are missing. */
export function seenShare(training: Table, heldOut: Table, name: string): number | null {
  const known = new Set(presentValues(training, name));
  const values = presentValues(heldOut, name);
  return values.length === 0 ? null : values.filter((value) => known.has(value)).length / values.length;
}

function presentValues(table: Table, name: string): (number | string)[] {
  const column = getColumn(table, name);
  if (column.kind === "number") return Array.from(column.values).filter((value) => !Number.isNaN(value));
  return column.values.filter((_, row) => column.missing?.has(row) !== true);
}
