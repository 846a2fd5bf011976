import { useBackend } from "@pushforward/backend";
import { column, type DependentColumn, declareTable, type TypedTable } from "@pushforward/columns";
import { createKey, OptionError } from "@pushforward/core";
import type { Table } from "@pushforward/datasets";
import { createTable } from "@pushforward/datasets/extend";
import { beforeAll, expect, test } from "vitest";
import { small } from "../../cases/fitted.ts";
import { positiveRows as groupedHeights, positiveFlow } from "../../cases/numeric-flows.ts";
import type { DrawnHoles } from "../density/draw-holes.ts";
import { fitTableDensity } from "../density/fit/fit-table-density.ts";
import { fitProductMixture } from "./product-mixture/fit-product-mixture.ts";
import type { ProductMixture } from "./product-mixture/product-mixture.ts";
import { TableMixture } from "./table-mixture.ts";

const key = createKey(20261127);
const ROWS = 400;

/** A color with gaps, a word that depends on it, and a number that follows from the word. */
function someRows(): Table {
  const [a, b] = [key.fold("a").uniform(ROWS), key.fold("b").uniform(ROWS)];
  const colors = Array.from(a, (u) => (u < 0.5 ? "red" : u < 0.9 ? "blue" : ""));
  const missing = new Set(colors.flatMap((color, row) => (color === "" ? [row] : [])));
  const words = Array.from(b, (u, row) => (u < (colors[row] === "red" ? 0.9 : 0.2) ? "yes" : "no"));
  return createTable([
    { name: "color", kind: "text", values: colors, missing },
    { name: "word", kind: "text", values: words },
    { name: "length", kind: "number", values: Float64Array.from(words, (word) => word.length) },
  ]);
}

/** All rows of colors and words, one of each for those that nobody has seen. */
function allRows(): Table {
  const colors = ["red", "blue", "", "a new color"];
  const words = ["yes", "no", "a new word"];
  const rows = colors.flatMap((color) => words.map((word) => ({ color, word })));
  return createTable([
    {
      name: "color",
      kind: "text",
      values: rows.map(({ color }) => color),
      missing: new Set(rows.flatMap(({ color }, row) => (color === "" ? [row] : []))),
    },
    { name: "word", kind: "text", values: rows.map(({ word }) => word) },
  ]);
}

/** A column of positive numbers, and a word. */
function positiveRows(): TypedTable {
  const u = key.fold("pay").uniform(ROWS);
  const rows = Array.from(u, (pay) => ({ pay: 1 + 5 * pay, word: pay < 0.5 ? "yes" : "no" }));
  return declareTable({ pay: column.positive(), word: column.category() }).read(rows);
}

const relations: readonly DependentColumn[] = [{ column: "length", from: ["word"], relation: { type: "function" } }];

async function fitted(columns: readonly string[], given: readonly string[] = []): Promise<TableMixture> {
  const table = someRows();
  const options = { key, hidden: [8], maxEpochs: 6, folds: 2, columns, context: given, relations, recall: false };
  const { model: density } = await fitTableDensity(table, options);
  const codings = density.columns.filter(({ dependent }) => dependent === undefined);
  const { model: mixture } = await fitProductMixture(table, { key, codings, components: 2 });
  return new TableMixture({ density, members: [mixture], weights: [0.4] });
}

beforeAll(() => useBackend("cpu"));

test("is the weighted sum of its members, and its cells have the sum of the row", async () => {
  using model = await fitted(["color", "word"]);
  const table = allRows();
  const [a, b] = [model.density.logProb(table), (model.members[0] as ProductMixture).logProb(table)];
  const logProb = model.logProb(table);
  const cells = model.cellLogProb(table);
  for (const [row, value] of logProb.entries()) {
    expect(Math.exp(value)).toBeCloseTo(0.6 * Math.exp(a[row] as number) + 0.4 * Math.exp(b[row] as number), 12);
    expect(cells.reduce((sum, column) => sum + (column[row] as number), 0)).toBeCloseTo(value, 12);
  }
  // The first column by itself: whatever follows is summed out.
  const colors = [0, 3, 6, 9].map((row) => (cells[0] as Float64Array)[row] as number);
  expect(colors.reduce((sum, value) => sum + Math.exp(value), 0)).toBeCloseTo(1, 6);
});

test("in samples what follows from others follows", async () => {
  using model = await fitted(["color", "word", "length"]);
  const { rows, columns } = model.sample(key.fold("sample"), 2000);
  const [, word, length] = columns;
  for (let row = 0; row < rows; row++) expect(length?.values[row]).toBe(String(word?.values[row]).length);
});

test("a row that neither member can have is impossible, cell by cell and as a whole", async () => {
  const bounded = positiveRows();
  const options = { key, hidden: [8], maxEpochs: 2, folds: 2, relations: [] };
  const { model: density } = await fitTableDensity(bounded, options);
  const { model: mixture } = await fitProductMixture(bounded.table, { key, codings: density.columns, components: 2 });
  using model = new TableMixture({ density, members: [mixture], weights: [0.4] });
  const outside = createTable([
    { name: "pay", kind: "number", values: Float64Array.of(-1, 0.5) },
    { name: "word", kind: "text", values: ["yes", "yes"] },
  ]);
  const logProb = model.logProb(outside);
  expect(logProb[0]).toBe(Number.NEGATIVE_INFINITY);
  expect(Number.isFinite(logProb[1])).toBe(true);
  expect(
    model
      .cellLogProb(outside)
      .flatMap((cells) => [...cells])
      .some(Number.isNaN),
  ).toBe(false);
});

test("holes are drawn as the sum over all cells says, and weights have the mean of the density of the known cells", async () => {
  const mixture = await fitted(["color", "word", "length"]);
  const all = createTable([
    { name: "color", kind: "text", values: ["red", "blue", "", "red", "blue", ""], missing: new Set([2, 5]) },
    { name: "word", kind: "text", values: Array<string>(6).fill("yes") },
    { name: "length", kind: "number", values: Float64Array.of(3, 3, 3, 2, 2, 2) },
  ]);
  const p = mixture.logProb(all).map(Math.exp);
  const one = createTable([
    { name: "color", kind: "text", values: ["blue"] },
    { name: "word", kind: "text", values: ["yes"] },
    { name: "length", kind: "number", values: Float64Array.of(0) },
  ]);
  const holes = new Map(["color", "length"].map((name) => [name, Uint8Array.of(1)]));
  for (const mayBeMissing of [true, false]) {
    const sum = (rows: readonly number[]): number => rows.reduce((total, row) => total + (p[row] as number), 0);
    const total = sum(mayBeMissing ? [0, 1, 2, 3, 4, 5] : [0, 1, 3, 4]);
    const { table, logWeights } = mixture.drawHoles?.({ table: one, holes, times: 2000, mayBeMissing, key }, []) ?? {
      ...{ table: one, logWeights: new Float64Array() },
    };
    const weights = logWeights.map(Math.exp);
    const whole = weights.reduce((a, b) => a + b, 0);
    expect(Math.abs(whole / 2000 / total - 1)).toBeLessThan(0.04);
    const [colors, , lengths] = table.columns;
    const red = weights.reduce((a, weight, row) => a + (colors?.values[row] === "red" ? weight : 0), 0);
    expect(Math.abs(red / whole - sum([0, 3]) / total)).toBeLessThan(0.03);
    expect(lengths?.kind === "number" && lengths.values.every((length) => length === 3)).toBe(true);
    if (!mayBeMissing) expect(colors?.kind === "text" && colors.missing).toBeUndefined();
  }
  mixture.dispose();
});

test("a member with the weight 0 is no part of the density, and draws holes", async () => {
  using mixed = await fitted(["color", "word", "length"]);
  const { density, members } = mixed;
  const model = new TableMixture({ density, members, weights: [0] });
  const table = someRows();
  expect(model.logProb(table)).toEqual(density.logProb(table));
  expect(model.cellLogProb(table)).toEqual(density.cellLogProb(table));
  expect(model.describeMembers()).toEqual([]);
  expect(model.ownMixture).toBe(members[0]);
  const words = model.sample(key, 2000).columns[1] as { readonly values: ArrayLike<string | number> };
  const share = Array.from(words.values).filter((word) => word === "yes").length / 2000;
  const [yes, no] = ["yes", "no"].map((word) =>
    // With the colors and lengths that a word has.
    [0, 1, 2].reduce((sum, row) => {
      const color = ["red", "blue", ""][row] as string;
      const one = createTable([
        { name: "color", kind: "text", values: [color], missing: new Set(color === "" ? [0] : []) },
        { name: "word", kind: "text", values: [word] },
        { name: "length", kind: "number", values: Float64Array.of(word.length) },
      ]);
      return sum + Math.exp(density.logProb(one)[0] as number);
    }, 0),
  ) as [number, number];
  expect(Math.abs(share - yes / (yes + no))).toBeLessThan(0.04);
  const known = createTable([
    { name: "color", kind: "text", values: ["red"] },
    { name: "word", kind: "text", values: ["yes"] },
    { name: "length", kind: "number", values: Float64Array.of(3) },
  ]);
  const task = { holes: new Map([["color", Uint8Array.of(1)]]), times: 2000, mayBeMissing: true, key };
  const weights = model.drawHoles?.({ table: known, ...task }, []).logWeights.map(Math.exp) ?? new Float64Array();
  expect(Math.abs(weights.reduce((a, b) => a + b, 0) / 2000 / yes - 1)).toBeLessThan(0.04);
});

test.each([0.3, 0])(
  "draws of holes with a flow, and products of the weight %d, represent the density",
  async (weight) => {
    const rows = groupedHeights();
    const { model: density } = await fitTableDensity(rows, small);
    const codings = density.columns;
    const { model: products } = await fitProductMixture(rows, { key, codings, components: 2 });
    const flow = await positiveFlow();
    const members = weight === 0 ? [flow] : [flow, products];
    using model = new TableMixture({ density, members, weights: weight === 0 ? [0.5] : [0.5, weight] });
    const tableOf = (groups: readonly string[], heights: readonly number[]): Table =>
      createTable([
        { name: "group", kind: "text", values: groups },
        { name: "height", kind: "number", values: Float64Array.from(heights) },
      ]);
    const times = 20_000;
    const draws = (hole: string, table: Table) => {
      const holes = new Map([[hole, Uint8Array.of(1)]]);
      const drawn = model.drawHoles?.({ table, holes, times, mayBeMissing: false, key }, [products]) as DrawnHoles;
      return { cells: drawn.table.columns, weights: drawn.logWeights.map(Math.exp) };
    };
    const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);
    // The height of a group: the flow draws numbers above the training rows, too, but rarely.
    const step = 0.01;
    const grid = Array.from({ length: 1500 }, (_, i) => (i + 0.5) * step);
    const ofHeight = model
      .logProb(
        tableOf(
          grid.map(() => "a"),
          grid,
        ),
      )
      .map(Math.exp);
    const height = draws("height", tableOf(["a"], [1]));
    expect(sum(height.weights) / times / (step * sum(ofHeight))).toBeCloseTo(1, 1);
    const isHigh = height.weights.map((w, i) => w * Number((height.cells[1]?.values[i] as number) > 2));
    const above = sum(ofHeight.filter((_, i) => (grid[i] as number) > 2)) / sum(ofHeight);
    expect(Math.abs(sum(isHigh) / sum(height.weights) - above)).toBeLessThan(0.03);
    // The group of a height.
    const ofGroup = model.logProb(tableOf(["a", "b"], [2, 2])).map(Math.exp) as Float64Array;
    const group = draws("group", tableOf(["a"], [2]));
    expect(Math.abs(sum(group.weights) / times / sum(ofGroup) - 1)).toBeLessThan(0.03);
    const isA = group.weights.map((w, i) => w * Number(group.cells[0]?.values[i] === "a"));
    expect(Math.abs(sum(isA) / sum(group.weights) - (ofGroup[0] as number) / sum(ofGroup))).toBeLessThan(0.02);
    if (weight === 0) products.dispose();
  },
);

test("refuses weights out of range and members of other columns", async () => {
  using model = await fitted(["color", "word"]);
  using other = await fitted(["word"]);
  const { density, members } = model;
  for (const weights of [[1], [-0.1], [Number.NaN], [], [0.2, 0.3]]) {
    expect(() => new TableMixture({ density, members, weights })).toThrow(OptionError);
  }
  expect(() => new TableMixture({ density, members: other.members, weights: [0.5] })).toThrow(/the 2 columns/);
});
