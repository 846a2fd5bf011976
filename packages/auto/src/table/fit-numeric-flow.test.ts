import { createKey } from "@pushforward/core";
import type { Column } from "@pushforward/datasets";
import { createTable } from "@pushforward/datasets/extend";
import { fitTableDensity } from "@pushforward/tables";
import { type Learnable, learnable, TableDensity } from "@pushforward/tables/extend";
import { expect, test } from "vitest";
import { flowColumns, lastNumbers } from "./fit-numeric-flow.ts";

const key = createKey(5);
const ROWS = 60;
const real = (name: string): Column => ({
  name,
  kind: "number",
  values: Float64Array.from(key.fold(name).normal(ROWS)),
});
const above = (name: string): Column => ({
  name,
  kind: "number",
  values: Float64Array.from(key.fold(name).uniform(ROWS), (x) => 10 + x),
});

function found(columns: readonly Column[], context: readonly string[] = []): Learnable {
  return learnable(createTable([...columns]), { context });
}

const names = (columns: readonly Column[], steps?: ReadonlyMap<string, number>): string[] =>
  flowColumns(found(columns), steps).map(({ name }) => name);

test("takes real numbers, and the scale of those above 0", () => {
  const columns = flowColumns(
    found([real("a"), above("b"), { name: "c", kind: "text", values: Array(ROWS).fill("x") }]),
    undefined,
  );
  expect(columns).toEqual([
    { name: "a", scale: 0 },
    { name: "b", scale: expect.closeTo(10.05, 1) },
  ]);
});

test("leaves numbers on a grid, missing and repeated ones, and those that are given", () => {
  const b = real("b");
  const integers = { ...b, values: Float64Array.from(b.values as Float64Array, (x) => Math.round(100 * x)) } as Column;
  const gaps = {
    ...b,
    values: Float64Array.from(b.values as Float64Array, (x, row) => (row === 3 ? Number.NaN : x)),
  } as Column;
  const repeated = { ...b, values: Float64Array.from(b.values as Float64Array, (x) => Math.max(x, 0)) } as Column;
  for (const other of [integers, gaps, repeated]) {
    expect(names([real("a"), other])).toEqual([]);
    expect(names([real("a"), other, real("c")])).toEqual(["a", "c"]);
  }
  expect(names([real("a"), b], new Map([["b", 0.001]]))).toEqual([]);
  expect(flowColumns(found([real("a"), b, real("c")], ["a"]), undefined).map(({ name }) => name)).toEqual(["b", "c"]);
});

test("none of few rows", () => {
  const few = (name: string): Column => ({
    name,
    kind: "number",
    values: Float64Array.from(key.fold(name).normal(30)),
  });
  expect(names([few("a"), few("b")])).toEqual([]);
});

test("only numbers behind which no other column has a density", async () => {
  const key = createKey(7);
  const names = ["a", "b", "c"];
  const table = createTable(
    names.map((name) => ({ name, kind: "number", values: Float64Array.from(key.fold(name).normal(12)) })),
  );
  // Too few rows for networks: columns in their order.
  const { model } = await fitTableDensity(table, { key });
  const numbers = (...of: string[]): { name: string; scale: number }[] => of.map((name) => ({ name, scale: 0 }));
  const last = (density: TableDensity, ...of: string[]): string[] =>
    lastNumbers(density, numbers(...of)).map(({ name }) => name);
  expect(last(model, "a", "b", "c")).toEqual(["a", "b", "c"]);
  expect(last(model, "b", "c")).toEqual(["b", "c"]);
  expect(last(model, "a", "b")).toEqual([]);
  expect(last(model, "a", "c")).toEqual([]);
  // A column that follows from others may come behind them, and those that are given come first.
  const [a, b, c] = model.columns as [(typeof model.columns)[0], (typeof model.columns)[0], (typeof model.columns)[0]];
  const given = new TableDensity([{ ...a, isGiven: true }, b, c]);
  expect(last(given, "a", "b", "c")).toEqual(["b", "c"]);
});
