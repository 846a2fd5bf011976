import { useBackend } from "@pushforward/backend";
import { createKey } from "@pushforward/core";
import type { Table } from "@pushforward/datasets";
import { createTable } from "@pushforward/datasets/extend";
import { beforeAll, expect, test } from "vitest";
import { codingOf } from "../../coding/coding-of.ts";
import { memberHeads } from "../../column-heads.ts";
import { type ColumnRows, EncodedColumns } from "../encoded-columns.ts";
import { newNetwork } from "./column-network.ts";
import { matchFrequencies } from "./match-frequencies.ts";
import { type NetworkTask, networkTask } from "./network-task.ts";

const key = createKey(20261127);
const ROWS = 5000;

beforeAll(() => useBackend("cpu"));

/** A number, and what depends on it: a number that is often missing or 0, and a category. */
function rows(): Table {
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
  const density = newNetwork(task, 16, key);
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
  const { task, density, coding } = noisy(rows(), 1);
  const missing = coding.missingCode as number;
  const frequencies = [coding.counts[missing] as number, coding.counts[0] as number].map((count) => count / ROWS);
  const off = (): number[] => {
    const means = meanProbabilities(density, task);
    return [missing, 0].map((code, k) => Math.abs((means[code] as number) - (frequencies[k] as number)));
  };
  expect(Math.max(...off())).toBeGreaterThan(0.03);
  for (let step = 0; step < 8; step++) matchFrequencies(density, task.train);
  expect(Math.max(...off())).toBeLessThan(0.002);
  density.dispose();
});

test("categories do, but rare ones stay as they are", () => {
  const { task, density, coding } = noisy(rows(), 2);
  const bias = density.parameters().get("network.layers.3.bias")?.read();
  const rare = coding.counts.findIndex((count) => count < 20);
  expect(rare).toBeGreaterThanOrEqual(0);
  const before = bias?.[rare];
  for (let step = 0; step < 4; step++) matchFrequencies(density, task.train);
  expect(density.parameters().get("network.layers.3.bias")?.read()[rare]).toBe(before);
  const means = meanProbabilities(density, task);
  const both = [0, 1, 2].filter((code) => code !== rare && (coding.counts[code] as number) > 0);
  expect(both).toHaveLength(2);
  for (const code of both) {
    expect(Math.abs((means[code] as number) - (coding.counts[code] as number) / ROWS)).toBeLessThan(0.01);
  }
  density.dispose();
});
