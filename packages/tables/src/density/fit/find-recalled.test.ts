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
import { recalledFromJson } from "../recalled-cells.ts";
import { TableDensity } from "../table-density.ts";
import { EncodedColumns } from "./encoded-columns.ts";
import { findRecalled } from "./find-recalled.ts";
import { fitTableDensity } from "./fit-table-density.ts";

const key = createKey(20261202);
beforeAll(() => useBackend("wasm"));

test("each validation row has the probability by the numbers of the other rows", () => {
  const table = shopPrices(300);
  const codings = table.columns.map(({ name }) => ({ name, coding: codingOf(table, name, {}) }));
  const rows = new EncodedColumns(table, codings);
  const [p, w, b] = [1 / 60, 0.8, 1 / 70];
  const fill = (value: number): Float64Array => new Float64Array(300).fill(value);
  const kept = [5];
  const task = { codings, index: 1, counted: { rows, areJudged: true }, kept };
  const found = findRecalled({ ...task, judged: { rows, p: fill(p), w: fill(w), b: fill(b) } });
  expect(found?.recalled.by).toEqual([0]);
  const shops = rows.at(0).codes;
  const prices = rows.at(1).values as Float64Array;
  // The discount and the strength, from two numbers of a group.
  const { groups, keys } = found?.recalled ?? { groups: [], keys: [] };
  const countOf = (shop: number, price: number): number =>
    prices.filter((x, row) => shops[row] === shop && x === price).length;
  const rowsOf = (shop: number): number => prices.filter((x, row) => shops[row] === shop && x !== 5).length;
  const shop = keys[0]?.[0] as number;
  const counts = groups[0]?.values.map((price) => countOf(shop, price)) as number[];
  const shares = groups[0]?.shares as number[];
  const [most, least] = [counts.indexOf(Math.max(...counts)), counts.indexOf(Math.min(...counts))];
  const total =
    ((counts[most] as number) - (counts[least] as number)) / ((shares[most] as number) - (shares[least] as number));
  const discount = (counts[most] as number) - (shares[most] as number) * total;
  const strength = total - rowsOf(shop);
  expect(groups.flatMap(({ values }) => values)).not.toContain(5);
  for (const [row, price] of prices.entries()) {
    const own = shops[row] as number;
    const others = prices.filter((x, i) => i !== row && shops[i] === own && x !== 5);
    const kinds = new Set(others).size;
    const count = others.filter((x) => x === price).length;
    const share = Math.max(0, count - discount) / (others.length + strength);
    const all = (others.length - discount * kinds) / (others.length + strength);
    const expected = price === 5 ? 0 : Math.log1p((w * share - b * all) / p);
    expect(found?.changes[row], `row ${row}`).toBeCloseTo(expected, 5);
  }
});

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

test("a second column selects the numbers if both together do, and independent numbers are not recalled", () => {
  const found = (share: number) => {
    const table = fees(600, share);
    const codings = table.columns.map(({ name }) => ({ name, coding: codingOf(table, name, {}) }));
    const rows = new EncodedColumns(table, codings);
    const [p, w] = [new Float64Array(600).fill(1 / 10007), new Float64Array(600).fill(1)];
    return findRecalled({
      codings,
      index: 2,
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
