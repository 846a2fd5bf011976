import type { Table } from "@pushforward/datasets";
import { createTable } from "@pushforward/datasets/extend";
import type { TableColumnCase } from "@pushforward/testing";
import { key } from "./fitted.ts";

/** Rows of a text column with gaps, a column of few integers with gaps that depends on it, and a word that depends on both. */
export function discreteRows(rows: number): Table {
  const [a, b, c] = ["a", "b", "c"].map((name) => key.fold(name).uniform(rows)) as [
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  const colors = Array.from(a, (u) => (u < 0.5 ? "red" : u < 0.7 ? "__proto__" : u <= 0.9 ? "blue" : ""));
  const missing = new Set(colors.flatMap((color, row) => (color === "" ? [row] : [])));
  const sizes = Float64Array.from(b, (u, i) =>
    u < 0.1 ? Number.NaN : colors[i] === "red" ? (u < 0.6 ? 1 : 2) : u < 0.4 ? 2 : 5,
  );
  const words = Array.from(c, (u, i) => (Number.isNaN(sizes[i] as number) === u < 0.95 ? "yes" : "no"));
  return createTable([
    { name: "color", kind: "text", values: colors, missing },
    { name: "size", kind: "number", values: sizes },
    { name: "word", kind: "text", values: words },
  ]);
}

/** Integers around 0 that occur in no row, with nearly all of the mass of such integers. */
export function otherIntegers(known: readonly number[], most: number): number[] {
  const integers = Array.from({ length: 2 * most + 1 }, (_, i) => i - most);
  return integers.filter((x) => !known.includes(x));
}

/** The cells of {@link discreteRows}; cells that occur in no row keep a probability. */
export const discreteColumns: readonly TableColumnCase[] = [
  { name: "color", kind: "text", cells: ["red", "__proto__", "blue", undefined], unseen: ["a new color"] },
  { name: "size", kind: "number", cells: [1, 2, 5, undefined], unseen: otherIntegers([1, 2, 5], 2500) },
  { name: "word", kind: "text", cells: ["yes", "no"], unseen: ["a new word", undefined] },
];
