import { createKey, OptionError } from "@pushforward/core";
import type { Table } from "@pushforward/datasets";
import { createTable, getColumn } from "@pushforward/datasets/extend";
import { expect, test } from "vitest";
import { type RowDensity, rowMemorization } from "./row-memorization.ts";

const key = createKey(5);

function numbersOf(table: Table): Float64Array {
  return getColumn(table, "x").values as Float64Array;
}

function tableOf(values: readonly number[]): Table {
  return createTable([{ name: "x", kind: "number", values: Float64Array.from(values) }]);
}

/** A kernel density estimate of a width. */
async function kernels(rows: Table, width: number): Promise<RowDensity> {
  const own = numbersOf(rows);
  const density = (x: number): number =>
    own.reduce((sum, y) => sum + Math.exp(-0.5 * ((x - y) / width) ** 2), 0) / (own.length * width);
  return { logProb: (some) => numbersOf(some).map((x) => Math.log(density(x))) };
}

test("narrow kernels memorize their rows, wide ones do not, and a row far away is memorized most", async () => {
  const values = [...key.normal(200), 6];
  const of = (width: number) => rowMemorization(tableOf(values), (rows) => kernels(rows, width), { key });
  const [narrow, wide] = await Promise.all([of(0.02), of(1)]);
  const median = (all: Float64Array): number => all.slice().sort()[100] as number;
  expect(median(wide.values)).toBeLessThan(0.05);
  expect(median(narrow.values)).toBeGreaterThan(5 * median(wide.values));
  expect(wide.values.indexOf(Math.max(...wide.values))).toBe(200);
  expect(wide.densities).toHaveLength(5);
});

test("a row is left out of the density of its fold and of no other", async () => {
  const values = Array.from({ length: 17 }, (_, i) => i);
  const { folds, values: memorized } = await rowMemorization(
    tableOf(values),
    async (rows) => {
      const own = new Set(numbersOf(rows));
      return { logProb: (some) => numbersOf(some).map((x) => (own.has(x) ? 3 : 1)) };
    },
    { key, folds: 4 },
  );
  expect([...memorized]).toEqual(values.map(() => expect.closeTo(2, 12)));
  const sizes = [0, 1, 2, 3].map((fold) => folds.filter((value) => value === fold).length);
  expect(sizes).toEqual([5, 4, 4, 4]);
});

test("refuses too few folds, and folds without rows", async () => {
  const fit = (rows: Table) => kernels(rows, 1);
  await expect(rowMemorization(tableOf([1, 2, 3]), fit, { key, folds: 2 })).rejects.toThrow(OptionError);
  await expect(rowMemorization(tableOf([1, 2, 3]), fit, { key })).rejects.toThrow(/at least 5 rows for 5 folds, got 3/);
});
