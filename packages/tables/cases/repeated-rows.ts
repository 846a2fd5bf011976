import { type FindVariablesOptions, parseDeclarations } from "@pushforward/columns";
import type { Table } from "@pushforward/datasets";
import { createTable } from "@pushforward/datasets/extend";
import type { TableColumnCase } from "@pushforward/testing";
import { key } from "./fitted.ts";

const MOST = 12;

/** Numbers with many digits, which often repeat. */
function repeatedNumbers(rows: number): Float64Array {
  return Float64Array.from(key.fold("repeated").uniform(rows), (u, i) => {
    const parts = i % 2 === 0 ? 28 : 140;
    return Math.round(MOST * parts * (0.3 + 0.4 * u)) / parts;
  });
}

/** A real number that often repeats, and a word that depends on it. */
export function repeatedRows(rows: number): Table {
  const values = repeatedNumbers(rows);
  return createTable([
    { name: "word", kind: "text", values: Array.from(values, (x) => (Math.sin(3 * x) > 0 ? "yes" : "no")) },
    { name: "x", kind: "number", values },
  ]);
}

/** The range of the number. */
export const repeatedHints: FindVariablesOptions = { declared: parseDeclarations(`x:interval(0,${MOST})`) };

/** The cells of {@link repeatedRows}. */
export function repeatedColumns(rows: number): readonly TableColumnCase[] {
  const counts = new Map<number, number>();
  for (const x of repeatedNumbers(rows)) counts.set(x, (counts.get(x) ?? 0) + 1);
  const frequent = [...counts].flatMap(([x, count]) => (count > 5 ? [x] : []));
  return [
    { name: "word", kind: "text", cells: ["yes", "no"], unseen: ["a new word", undefined] },
    {
      ...{ name: "x", kind: "number", cells: frequent, unseen: [undefined] },
      // The intervals of repeated numbers end between the points.
      ...{ integrate: { low: 0, high: MOST, points: 67_200 }, bounds: [3, 9] },
    },
  ];
}
