import { createKey } from "@pushforward/core";
import type { Table } from "@pushforward/datasets";
import { createTable, takeTableRows } from "@pushforward/datasets/extend";
import { expect, test } from "vitest";
import { type RowRule, rowsThatKeep } from "../rules/row-rules.ts";
import { matchKeptRows } from "./match-kept-rows.ts";
import { fitNormalMixture } from "./normal-mixture/fit-normal-mixture.ts";

const key = createKey(20261203);
const ROWS = 2000;
const DRAWS = 20_000;

/** One of three regions or none, a number that is larger in the south, and a word that never occurs in the south. */
function regions(): Table {
  const [u, v, z] = [key.fold("u").uniform(ROWS), key.fold("v").uniform(ROWS), key.fold("z").normal(ROWS)];
  const region = Array.from(u, (x) => (x < 0.3 ? "south" : x < 0.55 ? "west" : x < 0.7 ? "north" : "none"));
  const isOf = (name: string): Float64Array => Float64Array.from(region, (own) => (own === name ? 1 : 0));
  return createTable([
    { name: "south", kind: "number", values: isOf("south") },
    { name: "west", kind: "number", values: isOf("west") },
    { name: "north", kind: "number", values: isOf("north") },
    {
      name: "size",
      kind: "number",
      values: Float64Array.from(z, (value, row) => value + (region[row] === "south" ? 1 : 0)),
    },
    {
      name: "crop",
      kind: "text",
      values: Array.from(v, (x, row) => (x < 0.4 && region[row] !== "south" ? "rye" : x < 0.8 ? "oats" : "hay")),
    },
  ]);
}

function exclusive(a: string, b: string): RowRule {
  const allowed = [
    ["0", "0"],
    ["0", "not 0"],
    ["not 0", "0"],
  ] as const;
  return { type: "combinations", columns: [a, b], allowed };
}

const rules: readonly RowRule[] = [
  exclusive("south", "west"),
  exclusive("south", "north"),
  exclusive("west", "north"),
  {
    type: "combinations",
    columns: ["south", "crop"],
    allowed: [
      ["0", "rye"],
      ["0", "oats"],
      ["0", "hay"],
      ["not 0", "oats"],
      ["not 0", "hay"],
    ],
  },
];

/** The shares of the states of some rows. */
function sharesOf(table: Table): Record<string, number> {
  const [south, west, north, , crop] = table.columns as Table["columns"];
  const mean = (values: ArrayLike<number>): number =>
    Array.from(values).reduce((sum, value) => sum + value, 0) / table.rows;
  const ofCrop = (name: string): number =>
    mean(Array.from(crop?.values as readonly string[], (own) => (own === name ? 1 : 0)));
  return {
    south: mean(south?.values as Float64Array),
    west: mean(west?.values as Float64Array),
    north: mean(north?.values as Float64Array),
    rye: ofCrop("rye"),
    hay: ofCrop("hay"),
  };
}

function keptOf(table: Table): Table {
  const kept = rules.map((rule) => rowsThatKeep(rule, table));
  const rows = Array.from({ length: table.rows }, (_, row) => row);
  return takeTableRows(
    table,
    rows.filter((row) => kept.every((keeps) => keeps[row] === 1)),
  );
}

test("rows of a mixture that keep rules have the states as often as the training rows", async () => {
  const table = regions();
  const { model } = await fitNormalMixture(table, { key, components: 1 });
  const wanted = sharesOf(table);
  const before = sharesOf(keptOf(model.sample(key.fold("draws"), DRAWS)));
  expect(before.south).toBeLessThan((wanted.south as number) - 0.05);
  const matched = matchKeptRows(model, rules, table, key);
  expect(matched).toBeDefined();
  const after = sharesOf(keptOf((matched as typeof model).sample(key.fold("draws"), DRAWS)));
  // Four standard errors of the draws that the changes are made with.
  for (const [name, share] of Object.entries(wanted))
    expect(Math.abs((after[name] as number) - share), name).toBeLessThan(0.04);
  // The number is in no rule.
  expect(matched?.means.read()[3]).toBe(model.means.read()[3]);
});

test("a rule of other columns changes no mixture", async () => {
  const { model } = await fitNormalMixture(regions(), { key, components: 1, columns: ["south", "size"] });
  expect(matchKeptRows(model, rules, regions(), key)).toBeUndefined();
});
