import { createKey } from "@pushforward/core";
import { createTable } from "@pushforward/datasets/extend";
import { fitTableDensity } from "@pushforward/tables";
import { TableDensity } from "@pushforward/tables/extend";
import { expect, test } from "vitest";
import { lastNumbers } from "./last-numbers.ts";

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
