import { useBackend } from "@pushforward/backend";
import { createKey } from "@pushforward/core";
import type { Table } from "@pushforward/datasets";
import { createTable, takeTableRows } from "@pushforward/datasets/extend";
import { beforeAll, expect, test } from "vitest";
import { shopPrices } from "../../../cases/copied-columns.ts";
import { small } from "../../../cases/fitted.ts";
import type { CodedCells } from "../cell-limits.ts";
import { codingOf } from "../coding/coding-of.ts";
import type { NumberCoding } from "../coding/number-coding.ts";
import type { DensityColumn } from "../density-column.ts";
import { keysOf, recalledFromJson } from "../recalled-cells.ts";
import { TableDensity } from "../table-density.ts";
import { EncodedColumns } from "./encoded-columns.ts";
import { findRecalled } from "./find-recalled.ts";
import { fitTableDensity } from "./fit-table-density.ts";

const key = createKey(20261202);
beforeAll(() => useBackend("wasm"));

/** A rate, a size, and a fee without order that follows from both in a part of the rows. */
function fees(rows: number, share: number): Table {
  const [u, v, x, coins] = ["u", "v", "x", "coins"].map((name) => key.fold(name).uniform(rows)) as [
    Float32Array,
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  const whole = (own: Float32Array, most: number): Float64Array =>
    Float64Array.from(own, (one) => Math.floor(most * one));
  const [rate, size] = [whole(u, 12), whole(v, 12)];
  const fee = whole(x, 10007).map((any, i) => {
    const own = (7919 * (1 + (rate[i] as number)) * (1 + (size[i] as number)) ** 2) % 10007;
    return (coins[i] as number) < share ? own : any;
  });
  return createTable([
    { name: "rate", kind: "number", values: rate },
    { name: "size", kind: "number", values: size },
    { name: "fee", kind: "number", values: fee },
  ]);
}

// Few rows have a price that no other row of their shop has, many have such a fee.
test.each([
  { name: "prices", table: shopPrices(300), index: 1, by: [0], kept: [5], least: 1 },
  { name: "fees", table: fees(600, 0.7), index: 2, by: [0, 1], kept: [], least: 2 },
])("each validation row has the probability by the $name of the other rows", ({ table, index, by, kept, least }) => {
  const codings = table.columns.map(({ name }) => ({ name, coding: codingOf(table, name, {}) }));
  const rows = new EncodedColumns(table, codings);
  const [p, w, b] = [1 / 60, 0.8, 1 / 70];
  const fill = (value: number): Float64Array => new Float64Array(table.rows).fill(value);
  const before = [0, 1].slice(0, index);
  const task = { codings, index, before, counted: { rows, areJudged: true }, kept };
  const found = findRecalled({ ...task, judged: { rows, p: fill(p), w: fill(w), b: fill(b) } });
  const { groups = [], keys = [] } = found?.recalled ?? {};
  expect([...(found?.recalled.by ?? [])].sort()).toEqual(by);
  expect(groups.flatMap(({ values }) => values)).not.toContain(kept[0] ?? -1);
  const own = rows.at(index).values as Float64Array;
  const isFree = (x: number): boolean => !(kept as number[]).includes(x);
  const columns = found?.recalled.by.map((place) => keysOf(rows.at(place))) ?? [];
  const groupOf = (row: number): string => columns.map((column) => column[row]).join(" ");
  const cellsOf = (group: string, without = -1): Float64Array =>
    own.filter((x, row) => row !== without && groupOf(row) === group && isFree(x));
  // The discount and the strength, from the numbers with the largest and the smallest probability.
  const entries = groups.flatMap(({ values, shares }, place) =>
    values.map((value, i) => {
      const cells = cellsOf((keys[place] as readonly number[]).join(" "));
      return { share: shares[i] as number, n: cells.length, c: cells.filter((x) => x === value).length };
    }),
  );
  entries.sort((one, other) => one.share - other.share);
  const [small, large] = [entries[0], entries.at(-1)] as [(typeof entries)[number], (typeof entries)[number]];
  const strength = (large.c - small.c - large.share * large.n + small.share * small.n) / (large.share - small.share);
  const discount = large.c - large.share * (large.n + strength);
  for (const [row, x] of own.entries()) {
    const others = cellsOf(groupOf(row), row);
    const different = [...new Set(others)].map((other) => others.filter((one) => one === other).length);
    const count = others.filter((other) => other === x).length;
    const share = count < least ? 0 : Math.max(0, count - discount) / (others.length + strength);
    const recalled = different.filter((one) => one >= least).reduce((sum, one) => sum + one - discount, 0);
    const all = recalled / (others.length + strength);
    const expected = isFree(x) ? Math.log1p((w * share - b * all) / p) : 0;
    expect(found?.changes[row], `row ${row}`).toBeCloseTo(expected, 5);
  }
});

test("a second column selects the numbers if both together do, and independent numbers are not recalled", () => {
  const found = (share: number) => {
    const table = fees(600, share);
    const codings = table.columns.map(({ name }) => ({ name, coding: codingOf(table, name, {}) }));
    const rows = new EncodedColumns(table, codings);
    const [p, w] = [new Float64Array(600).fill(1 / 10007), new Float64Array(600).fill(1)];
    return findRecalled({
      codings,
      index: 2,
      before: [0, 1],
      counted: { rows, areJudged: true },
      kept: [],
      judged: { rows, p, w, b: p },
    });
  };
  const recalled = found(0.7)?.recalled;
  expect([...(recalled?.by ?? [])].sort()).toEqual([0, 1]);
  expect(found(0)).toBeUndefined();
  // As it is read from a file: also the groups of cells, new and missing ones among them.
  const again = recalled && recalledFromJson(JSON.parse(JSON.stringify(recalled.toJson())));
  expect(again).toEqual(recalled);
  const cells = (values: readonly number[]): CodedCells => ({
    cells: new Float32Array(),
    values: Float64Array.from(values),
  });
  const [first = []] = recalled?.keys ?? [];
  const columns = recalled?.by.map((_, k) => cells([first[k] as number, Number.NaN, -1]));
  const cellsOf = (place: number): CodedCells => columns?.[recalled?.by.indexOf(place) as number] as CodedCells;
  expect([...(recalled?.groupsOf(3, cellsOf) ?? [])]).toEqual([0, -1, -1]);
});

test("a fit that recalls numbers makes new rows likelier, and the other numbers repeat less", async () => {
  const all = fees(1600, 0.7);
  const rows = (from: number, to: number) =>
    takeTableRows(
      all,
      Array.from({ length: to - from }, (_, i) => from + i),
    );
  const { model } = await fitTableDensity(rows(0, 800), { ...small, relations: [], recall: true });
  const fee = model.columns[2] as DensityColumn;
  expect([...(fee.copies?.recalled?.by ?? [])].sort()).toEqual([0, 1]);
  expect((fee.coding as NumberCoding).options.rankFactor).toBeGreaterThan(1);
  const coding = (fee.coding as NumberCoding).withLessObserved(
    (fee.coding as NumberCoding).options.rankFactor as number,
  );
  const without = new TableDensity(model.columns.with(2, { ...fee, coding, copies: undefined }));
  const mean = (density: TableDensity): number =>
    density.logProb(rows(800, 1600)).reduce((sum, value) => sum + value, 0) / 800;
  expect(mean(model) - mean(without)).toBeGreaterThan(2);
  // As often as in new rows, samples have the number of a training row.
  const known = new Set(rows(0, 800).columns[2]?.values as Float64Array);
  const share = (table: Table): number => {
    const values = [...(table.columns[2]?.values ?? [])];
    return values.filter((value) => known.has(value as never)).length / values.length;
  };
  expect(Math.abs(share(model.sample(key, 2000)) - share(rows(800, 1600)))).toBeLessThan(0.04);
  model.dispose();
});
