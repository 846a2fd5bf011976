import { createKey } from "@pushforward/core";
import type { Column } from "@pushforward/datasets";
import { createTable } from "@pushforward/datasets/extend";
import { type Learnable, learnable } from "@pushforward/tables/extend";
import { expect, test } from "vitest";
import { flowColumns } from "./flow-columns.ts";

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
