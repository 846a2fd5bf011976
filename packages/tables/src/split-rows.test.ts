import type { NdArray } from "@pushforward/core";
import type { Table } from "@pushforward/datasets";
import { createTable } from "@pushforward/datasets/extend";
import { expect, test } from "vitest";
import type { RowLayout } from "./flow/row-layout.ts";
import { tableRows } from "./flow/table-rows.ts";
import { type SplitChoice, type SplitRows, splitRows } from "./split-rows.ts";

const LAYOUT: RowLayout = { columns: ["x"], context: [] };

function numbered(rows: number, words?: readonly string[]): Table {
  return createTable([
    { name: "x", kind: "number", values: Float64Array.from({ length: rows }, (_, i) => i) },
    ...(words === undefined ? [] : [{ name: "s", kind: "text", values: words } as const]),
  ]);
}

function splitOf(table: Table, choice: SplitChoice, file?: string): SplitRows {
  return splitRows(table, tableRows(table, LAYOUT), choice, file);
}

function values({ train, validation, test: rest }: SplitRows): number[][] {
  const of = (x: NdArray | undefined): number[] => Array.from(x?.data ?? []);
  return [of(train.x), of(validation.x), of(rest?.x)];
}

test("a column says which rows are which", () => {
  const split = splitOf(numbered(6, ["test", "train", "val", "train", "validation", "train"]), {
    column: "s",
    validation: 0.5,
    seed: 0,
  });
  expect(values(split)).toEqual([[1, 3, 5], [2, 4], [0]]);
});

test("without val, rows of train are held out, none of test", () => {
  const words = Array.from({ length: 40 }, (_, i) => (i < 30 ? "train" : "test"));
  const [train, validation, rest] = values(splitOf(numbered(40, words), { column: "s", validation: 0.1, seed: 0 }));
  expect(validation).toHaveLength(10);
  expect([...(train ?? []), ...(validation ?? [])].sort((a, b) => a - b)).toEqual(
    Array.from({ length: 30 }, (_, i) => i),
  );
  expect(rest).toEqual(Array.from({ length: 10 }, (_, i) => 30 + i));
});

test("at random: every row once, the seed decides", () => {
  const split = (seed: number) => values(splitOf(numbered(200), { validation: 0.25, seed }));
  const [train, validation, rest] = split(0);
  expect([train?.length, validation?.length, rest?.length]).toEqual([150, 50, 0]);
  expect(new Set([...(train ?? []), ...(validation ?? [])]).size).toBe(200);
  expect(split(0)).toEqual([train, validation, rest]);
  expect(split(1)).not.toEqual([train, validation, rest]);
});

test("rows are counted as in the file", () => {
  const read = { ...numbered(2, ["train", "x"]), dropped: 3, rowNumbers: Float64Array.of(1, 5) };
  expect(() => splitOf(read, { column: "s", validation: 0.5, seed: 0 }, "f.csv")).toThrow(
    'f.csv, row 5, column "s": expected train, val or test, got "x".',
  );
});
