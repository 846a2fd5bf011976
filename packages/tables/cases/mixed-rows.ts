import type { Table } from "@pushforward/datasets";
import { createTable } from "@pushforward/datasets/extend";
import type { TableColumnCase } from "@pushforward/testing";
import { key } from "./fitted.ts";

/** A category, and a skewed real number with a heap at 0 that depends on it. */
export function mixedRows(rows: number): Table {
  const u = key.fold("group").uniform(rows);
  const z = key.fold("z").normal(rows);
  const groups = Array.from(u, (value) => (value < 0.3 ? "low" : "high"));
  const values = Float64Array.from(z, (value, i) => {
    if ((u[i] as number) % 0.1 < 0.02) return 0;
    return groups[i] === "low" ? Math.exp(value / 2) : 4 + value;
  });
  return createTable([
    { name: "group", kind: "text", values: groups },
    { name: "x", kind: "number", values },
  ]);
}

/** The cells of {@link mixedRows}. */
export const mixedColumns: readonly TableColumnCase[] = [
  { name: "group", kind: "text", cells: ["low", "high"], unseen: ["a new group", undefined] },
  {
    name: "x",
    kind: "number",
    cells: [0],
    unseen: [undefined],
    integrate: { low: -30, high: 40, points: 10_000 },
    bounds: [-1, 12],
  },
];
