import { useBackend } from "@pushforward/backend";
import { createKey } from "@pushforward/core";
import type { Table } from "@pushforward/datasets";
import { createTable } from "@pushforward/datasets/extend";
import { beforeAll, expect, test } from "vitest";
import { fitTableDensity } from "../density/fit/fit-table-density.ts";
import type { TableDensity } from "../density/table-density.ts";
import { keepFrequencies } from "./keep-frequencies.ts";

const key = createKey(20261201);
const DRAWS = 8000;
const WORDS = ["x", "y", "z"] as const;
const CELLS = [0, 1, 2, 3].flatMap((low) => WORDS.map((word) => ({ low, word })));

beforeAll(() => useBackend("wasm"));

function tableOf(cells: readonly { readonly low: number; readonly word: string }[]): Table {
  return createTable([
    { name: "low", kind: "number", values: Float64Array.from(cells, ({ low }) => low) },
    { name: "word", kind: "text", values: cells.map(({ word }) => word) },
  ]);
}

/** A number, and a word that depends on it; the third word is as frequent with all numbers. */
async function model(): Promise<TableDensity> {
  const [u, v] = ["u", "v"].map((name) => key.fold(name).uniform(600)) as [Float32Array, Float32Array];
  const cells = Array.from(u, (x, row) => {
    const low = Math.floor(4 * x);
    return { low, word: (v[row] as number) < 0.3 ? "z" : low > 1 ? "x" : "y" };
  });
  return (await fitTableDensity(tableOf(cells), { key, hidden: [8], maxEpochs: 20, folds: 1 })).model;
}

/** The exact probabilities of the words given each number, of the rows that are kept with some probability. */
function wordsGiven(density: TableDensity, kept: (cell: (typeof CELLS)[number]) => number): number[] {
  const shares = Array.from(density.logProb(tableOf(CELLS)), (value, i) => {
    return Math.exp(value) * kept(CELLS[i] as (typeof CELLS)[number]);
  });
  return shares.map((share, i) => {
    const from = i - (i % WORDS.length);
    return share / shares.slice(from, from + WORDS.length).reduce((sum, p) => sum + p, 0);
  });
}

const largest = (a: readonly number[], b: readonly number[]): number =>
  Math.max(...a.map((x, i) => Math.abs(x - (b[i] as number))));

test("words that break rules more often than others are as frequent among the rows that keep them", async () => {
  const density = await model();
  const before = wordsGiven(density, () => 1);
  const isKept = ({ word }: { readonly word: string }): number => (word === "z" ? 0.5 : 1);
  expect(largest(before, wordsGiven(density, isKept))).toBeGreaterThan(0.1);
  const drawn = density.sample(key, DRAWS);
  const words = drawn.columns[1]?.values as readonly string[];
  const coins = key.fold("coins").uniform(DRAWS);
  keepFrequencies(
    density,
    drawn,
    Uint8Array.from(coins, (coin, row) => Number(coin < isKept({ word: words[row] as string }))),
  );
  // The odds of 8,000 draws have a standard error of about 0.03.
  expect(largest(before, wordsGiven(density, isKept))).toBeLessThan(0.02);
  density.dispose();
});

test("rules that all words break equally often change nothing, and neither do rules that no draw breaks", async () => {
  const density = await model();
  const before = wordsGiven(density, () => 1);
  const drawn = density.sample(key, DRAWS);
  keepFrequencies(density, drawn, new Uint8Array(DRAWS).fill(1));
  expect(
    largest(
      before,
      wordsGiven(density, () => 1),
    ),
  ).toBeLessThan(0.01);
  const coins = key.fold("other coins").uniform(DRAWS);
  keepFrequencies(
    density,
    drawn,
    Uint8Array.from(coins, (coin) => Number(coin < 0.7)),
  );
  expect(
    largest(
      before,
      wordsGiven(density, () => 1),
    ),
  ).toBeLessThan(0.02);
  density.dispose();
});
