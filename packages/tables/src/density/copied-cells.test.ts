import { useBackend } from "@pushforward/backend";
import { createKey, OptionError } from "@pushforward/core";
import type { Table } from "@pushforward/datasets";
import { createTable } from "@pushforward/datasets/extend";
import { beforeAll, describe, expect, test } from "vitest";
import { copiedColumnsCases, paidBills } from "../../cases/copied-columns.ts";
import { small } from "../../cases/fitted.ts";
import type { TableMixture } from "../mixtures/table-mixture.ts";
import { findCopies } from "./fit/find-copies.ts";
import { fitTableDensity } from "./fit/fit-table-density.ts";
import { TableDensity } from "./table-density.ts";

const key = createKey(20261130);
beforeAll(() => useBackend("wasm"));

interface Row {
  readonly bill: number;
  readonly paid: number;
  readonly word: string;
}

function tableOf(rows: readonly Row[]): Table {
  return createTable([
    { name: "bill", kind: "number", values: Float64Array.from(rows, ({ bill }) => bill) },
    { name: "paid", kind: "number", values: Float64Array.from(rows, ({ paid }) => paid) },
    { name: "word", kind: "text", values: rows.map(({ word }) => word) },
  ]);
}

const numbers = [Number.NaN, 0, 1, 2, 3, 4, 5, 6, 7];

describe.each(Object.entries(copiedColumnsCases))("%s", (_, theCase) => {
  const make = (): TableDensity | TableMixture => theCase.make(key) as unknown as TableDensity | TableMixture;

  // A hole behind its source, a hole before its copy, both, and holes that may not be missing.
  test.each([
    [["paid"], { bill: 3, paid: 0, word: "yes" }, true],
    [["bill"], { bill: 0, paid: 5, word: "no" }, true],
    [["bill", "paid"], { bill: 0, paid: 0, word: "yes" }, true],
    [["paid"], { bill: 2, paid: 0, word: "no" }, false],
    [["bill"], { bill: 0, paid: 6, word: "yes" }, false],
  ] as const)("draws of the holes %s have the distribution of the density", (names, row, mayBeMissing) => {
    using model = make();
    const cells = mayBeMissing ? numbers : numbers.slice(1);
    const choices = (name: "bill" | "paid") => ((names as readonly string[]).includes(name) ? cells : [row[name]]);
    const all = choices("bill").flatMap((bill) => choices("paid").map((paid) => ({ ...row, bill, paid })));
    const exact = model.logProb(tableOf(all)).map(Math.exp);
    const sum = exact.reduce((total, p) => total + p, 0);
    const holes = new Map(names.map((name) => [name, Uint8Array.of(1)]));
    const task = { table: tableOf([row]), holes, times: 6000, mayBeMissing, key };
    const { table, logWeights } = model.drawHoles?.(task, []) ?? { table: tableOf([]), logWeights: new Float64Array() };
    const weights = logWeights.map(Math.exp);
    const total = weights.reduce((a, b) => a + b, 0);
    const drawn = table.columns.map(({ values }) => values);
    for (const [k, { bill, paid }] of all.entries()) {
      const own = weights.reduce(
        (share, weight, i) =>
          Object.is(drawn[0]?.[i], bill) && Object.is(drawn[1]?.[i], paid) ? share + weight / total : share,
        0,
      );
      expect(own, `${bill}, ${paid}`).toBeCloseTo((exact[k] as number) / sum, 1.3);
    }
    // Their mean is the density of the known cells; of present cells where these may not be missing.
    expect(total / 6000 / sum).toBeGreaterThan(0.95);
    expect(total / 6000 / sum).toBeLessThan(1.05);
  });
});

test("copies are found where they are, with their share, and samples have as many", async () => {
  // Of so many numbers networks do not learn which are equal.
  const [u, v, coins] = ["bill", "paid", "coin"].map((name) => key.fold(name).uniform(800)) as [
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  const bill = Float64Array.from(u, (x) => Math.floor(500 * x));
  const paid = Float64Array.from(v, (x, i) => ((coins[i] as number) < 0.3 ? (bill[i] as number) : Math.floor(700 * x)));
  const table = createTable([
    { name: "bill", kind: "number", values: bill },
    { name: "paid", kind: "number", values: paid },
    { name: "group", kind: "text", values: Array.from(paid, (x) => (x > 300 ? "high" : "low")) },
  ]);
  using model = (await fitTableDensity(table, { ...small, folds: 1, maxEpochs: 8 })).model;
  const [first, second, third] = model.columns.map(({ copies }) => copies);
  expect([first, third]).toEqual([undefined, undefined]);
  expect(second?.from).toBe(0);
  expect(Math.abs((second?.share ?? 0) - 0.3)).toBeLessThan(0.08);
  const drawn = model.sample(key, 4000).columns.map(({ values }) => values);
  const equal = Array.from({ length: 4000 }, (_, i) => Number(drawn[0]?.[i] === drawn[1]?.[i]));
  expect(Math.abs(equal.reduce((a, b) => a + b, 0) / 4000 - (second?.share ?? 0))).toBeLessThan(0.03);
});

test("columns without copies get none, nor does a column that can't have the numbers of the source", async () => {
  using model = (await fitTableDensity(paidBills(300), { ...small, columns: ["bill", "paid"] })).model;
  const rows = paidBills(300);
  const flat = new Float64Array(300).fill(-3);
  const found = findCopies(model.columns, 1, rows, flat);
  expect(found?.copies.from).toBe(0);
  // A head that gives the equal cells a probability of 1 leaves copies nothing to gain.
  expect(findCopies(model.columns, 1, rows, new Float64Array(300))).toBeUndefined();
  const shuffled = createTable(
    rows.columns.map((column) => {
      const order = key.fold(column.name).permutation(300);
      return column.kind === "number"
        ? { ...column, values: column.values.map((_, i) => column.values[order[i] as number] as number) }
        : column;
    }),
  );
  expect(findCopies(model.columns, 1, shuffled, flat)).toBeUndefined();
  const halves = createTable(
    rows.columns.map((column) =>
      column.name === "bill" && column.kind === "number"
        ? { ...column, values: column.values.map((x, i) => (i === 0 ? 0.5 : x)) }
        : column,
    ),
  );
  expect(findCopies(model.columns, 1, halves, flat)).toBeUndefined();
});

test("refuses copies of columns without a grid, and shares that are no probabilities", async () => {
  const { model } = await fitTableDensity(paidBills(100), {
    ...small,
    maxEpochs: 1,
    columns: ["bill", "paid", "word"],
  });
  const withCopies = (place: number, from: number, share: number) =>
    new TableDensity(model.columns.map((column, k) => (k === place ? { ...column, copies: { from, share } } : column)));
  expect(() => withCopies(1, 0, 1)).toThrow(OptionError);
  expect(() => withCopies(1, 2, 0.5)).toThrow(/columns of numbers on grids/);
  expect(() => withCopies(2, 0, 0.5)).toThrow(OptionError);
  model.dispose();
});
