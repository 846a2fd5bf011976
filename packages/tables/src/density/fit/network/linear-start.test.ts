import { useBackend } from "@pushforward/backend";
import { createKey } from "@pushforward/core";
import type { Table } from "@pushforward/datasets";
import { createTable } from "@pushforward/datasets/extend";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "vitest";
import { codingOf } from "../../coding/coding-of.ts";
import { type ColumnRows, EncodedColumns } from "../encoded-columns.ts";
import { newNetwork } from "./column-network.ts";
import { type NetworkTask, networkTask } from "./network-task.ts";

const key = createKey(20261127);

beforeAll(() => useBackend("cpu"));

/** A group, a number, and one that follows from both up to noise. */
function rows(name: string, count: number, noise: number): Table {
  const [u, x, e] = [
    key.fold(name).uniform(count),
    key.fold(`${name}x`).normal(count),
    key.fold(`${name}e`).normal(count),
  ];
  return createTable([
    { name: "group", kind: "text", values: Array.from(u, (value) => (value < 0.5 ? "a" : "b")) },
    { name: "x", kind: "number", values: Float64Array.from(x) },
    {
      name: "y",
      kind: "number",
      values: Float64Array.from(x, (value, i) => value + ((u[i] as number) < 0.5 ? 1 : -1) + noise * (e[i] as number)),
    },
  ]);
}

function taskOf(noise: number): NetworkTask {
  const [train, validation] = [rows("train", 300, noise), rows("validation", 100, noise)];
  const codings = ["group", "x", "y"].map((name) => ({ name, coding: codingOf(train, name, {}, validation) }));
  const [own, held] = [train, validation].map((table) => new EncodedColumns(table, codings).of([0, 1, 2]));
  return networkTask({ index: 2, parents: [0, 1], codings }, own as ColumnRows, held as ColumnRows);
}

/** Raw means of the mixture for the validation rows, and the mean log-probability of these. */
function start(task: NetworkTask): { readonly means: number[]; readonly spread: number; readonly logProb: number } {
  using density = newNetwork(task, 16, key);
  const { cells, context, rows: count } = task.validation;
  return tf.tidy(() => {
    const contexts = tf.tensor2d(context, [count, context.length / count]);
    const heads = density.apply(contexts).arraySync() as number[][];
    const { codes, components } = density.head;
    const raw = heads.map((head) => head.slice(codes + components, codes + 2 * components));
    const logProb = density.given(contexts).logProb(tf.tensor2d(cells, [count, 5]));
    return {
      means: raw.map((all) => all.reduce((sum, value) => sum + value / all.length, 0)),
      spread: Math.max(...raw.map((all) => (all[0] as number) - (all.at(-1) as number))),
      logProb: tf.mean(logProb).arraySync() as number,
    };
  });
}

test("a network starts as a linear regression where that tells much, and narrower the more it tells", () => {
  const [exact, loose] = [start(taskOf(0.05)), start(taskOf(0.8))];
  const { cells } = taskOf(0.05).validation;
  const z = Array.from({ length: 100 }, (_, i) => cells[5 * i + 2]);
  const errors = exact.means.map((mean, i) => Math.abs(mean - (z[i] as number)));
  errors.sort((a, b) => a - b);
  expect(errors[50]).toBeLessThan(0.2);
  expect(exact.logProb).toBeGreaterThan(loose.logProb + 1);
  expect(exact.spread).toBeGreaterThan(loose.spread);
});

test("and as the frequencies where it tells nothing", () => {
  const { means } = start(taskOf(50));
  expect(Math.max(...means) - Math.min(...means)).toBe(0);
});
