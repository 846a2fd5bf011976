import { useBackend } from "@pushforward/backend";
import { createKey } from "@pushforward/core";
import type { Table } from "@pushforward/datasets";
import { createTable } from "@pushforward/datasets/extend";
import { beforeAll, expect, test } from "vitest";
import { RuledDensity } from "../../rules/ruled-density.ts";
import { codingOf } from "../coding/coding-of.ts";
import { memberHeads } from "../column-heads.ts";
import type { TableDensity } from "../table-density.ts";
import { type ColumnRows, EncodedColumns } from "./encoded-columns.ts";
import { fitTableDensity } from "./fit-table-density.ts";
import { matchFrequencies, matchRuledFrequencies } from "./match-frequencies.ts";
import { newNetwork } from "./network/column-network.ts";
import { type NetworkTask, networkTask } from "./network/network-task.ts";

const key = createKey(20261127);

beforeAll(() => useBackend("cpu"));

const ROWS = 5000;

/** A number, and what depends on it: a number that is often missing or 0, and a category. */
function matchFrequenciesRows(): Table {
  const [x, u, e] = [key.fold("x").normal(ROWS), key.fold("u").uniform(ROWS), key.fold("e").normal(ROWS)];
  return createTable([
    { name: "x", kind: "number", values: Float64Array.from(x) },
    {
      name: "y",
      kind: "number",
      values: Float64Array.from(u, (value, i) =>
        value < 0.3 ? Number.NaN : value < 0.4 ? 0 : (x[i] as number) + (e[i] as number),
      ),
    },
    { name: "group", kind: "text", values: Array.from(u, (value) => (value < 0.7 ? "a" : value < 0.999 ? "b" : "c")) },
  ]);
}

/** A network of a column whose parameters are noise. */
function noisy(table: Table, index: number) {
  const codings = ["x", "y", "group"].map((name) => ({ name, coding: codingOf(table, name, {}, table) }));
  const columns = new EncodedColumns(table, codings).of([0, 1, 2]) as ColumnRows;
  const task = networkTask({ index, parents: [0], codings }, columns, columns);
  const { density } = newNetwork(task, 16, key);
  for (const [path, parameter] of density.parameters()) {
    const noise = key.fold(path).normal(parameter.read().length);
    parameter.write(Float32Array.from(parameter.read(), (value, i) => value + 0.3 * (noise[i] as number)));
  }
  return { task, density, coding: (codings[index] as (typeof codings)[number]).coding };
}

function meanProbabilities(density: Parameters<typeof matchFrequencies>[0], { train }: NetworkTask): number[] {
  const { codes, components } = density.head;
  const heads = memberHeads(density, train.context, train.rows);
  const sums = new Array<number>(codes).fill(0);
  for (let row = 0; row < train.rows; row++) {
    const at = row * (codes + 3 * components);
    const weights = Array.from(heads.subarray(at, at + codes), Math.exp);
    const total = weights.reduce((sum, value) => sum + value, 0);
    for (const [code, weight] of weights.entries()) sums[code] = (sums[code] as number) + weight / total / train.rows;
  }
  return sums;
}

test("missing cells and frequent values of a number become as frequent as in the training rows", () => {
  const { task, density, coding } = noisy(matchFrequenciesRows(), 1);
  const missing = coding.missingCode as number;
  const frequencies = [coding.counts[missing] as number, coding.counts[0] as number].map((count) => count / ROWS);
  const off = (): number[] => {
    const means = meanProbabilities(density, task);
    return [missing, 0].map((code, k) => Math.abs((means[code] as number) - (frequencies[k] as number)));
  };
  expect(Math.max(...off())).toBeGreaterThan(0.03);
  matchFrequencies(density, task.train);
  expect(Math.max(...off())).toBeLessThan(0.002);
  density.dispose();
});

test("categories do, but rare ones stay as they are", () => {
  const { task, density, coding } = noisy(matchFrequenciesRows(), 2);
  const bias = density.parameters().get("network.layers.3.bias")?.read();
  const rare = coding.counts.findIndex((count) => count < 20);
  expect(rare).toBeGreaterThanOrEqual(0);
  const before = bias?.[rare];
  matchFrequencies(density, task.train);
  expect(density.parameters().get("network.layers.3.bias")?.read()[rare]).toBe(before);
  const means = meanProbabilities(density, task);
  const both = [0, 1, 2].filter((code) => code !== rare && (coding.counts[code] as number) > 0);
  expect(both).toHaveLength(2);
  for (const code of both) {
    expect(Math.abs((means[code] as number) - (coding.counts[code] as number) / ROWS)).toBeLessThan(0.01);
  }
  density.dispose();
});

test("numbers of a column with rules become as frequent as in the rows", async () => {
  const count = 400;
  const [u, v] = [key.fold("low").uniform(count), key.fold("high").uniform(count)];
  const low = Float64Array.from(u, (x) => Math.floor(4 * x));
  const high = low.map((from, row) => from + 1 + Math.floor(3 * (v[row] as number)));
  const table = createTable([
    { name: "low", kind: "number", values: low },
    { name: "high", kind: "number", values: high },
  ]);
  const untrained = { key, hidden: [4], maxEpochs: 1, folds: 2, relations: [], recall: false };
  const { model: density } = await fitTableDensity(table, untrained);
  // A regression starts near the frequencies: move the logits away from these.
  for (const [path, bias] of density.parameters()) {
    if (path.endsWith("bias") && bias.read().length >= 6)
      bias.write(Float32Array.from(bias.read(), (x, k) => x + 0.15 * (-1) ** k));
  }
  const { ruled } = new RuledDensity({ density, rules: [{ type: "order", columns: ["low", "high"] }], floor: 1e-3 });
  const off = (): number[] =>
    [1, 2, 3, 4, 5, 6].map((value) => {
      const rows = createTable([
        { name: "low", kind: "number", values: low },
        { name: "high", kind: "number", values: low.map(() => value) },
      ]);
      const [, cells] = (ruled as TableDensity).cellLogProb(rows) as [Float64Array, Float64Array];
      const mean = cells.reduce((sum, logProb) => sum + Math.exp(logProb) / count, 0);
      return Math.abs(mean - high.filter((x) => x === value).length / count);
    });
  expect(Math.max(...off())).toBeGreaterThan(0.02);
  matchRuledFrequencies(ruled as TableDensity, table);
  expect(Math.max(...off())).toBeLessThan(0.005);
  density.dispose();
});
