import { useBackend } from "@pushforward/backend";
import { createKey } from "@pushforward/core";
import { createTable, type Table, takeTableRows } from "@pushforward/datasets";
import { TableDensity, TableMixture } from "@pushforward/tables";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "vitest";
import { type AutoTableEvent, autoTable, fitAutoTable } from "./auto-table.ts";

const key = createKey(20261127);
const quick = { key, hidden: 8, epochs: 4, folds: 2 } as const;

/** Rows of two groups, which columns of words show by majorities only: a mixture of products knows all about them. */
function groups(rows: number): Table {
  const group = key.fold("group").uniform(rows);
  return createTable(
    Array.from({ length: 8 }, (_, k) => {
      const u = key.fold(k).uniform(rows);
      const values = Array.from(u, (x, row) => (x < ((group[row] as number) < 0.5 ? 0.85 : 0.15) ? "yes" : "no"));
      return { name: `x${k}`, kind: "text", values } as const;
    }),
  );
}

beforeAll(() => useBackend("cpu"));

test("mixes both where both help, and the figure for the validation rows is that of the mixture", async () => {
  const table = groups(160);
  const { model, products, validationNll, columns } = await autoTable(table, quick);
  expect(model).toBeInstanceOf(TableMixture);
  expect(products?.weight).toBeGreaterThan(0.1);
  expect(products?.components).toBeGreaterThan(1);
  const networks = columns.reduce((sum, column) => sum + column.validationNll, 0);
  expect(validationNll).toBeLessThan(networks);
  expect(validationNll).toBeLessThanOrEqual((products?.validationNll ?? 0) + 1e-9);
  // Rows that took part in nothing: better than the networks alone.
  const fresh = takeTableRows(
    groups(1000),
    Int32Array.from({ length: 840 }, (_, i) => 160 + i),
  );
  const mean = (logProb: Float64Array): number => logProb.reduce((sum, value) => sum + value / logProb.length, 0);
  expect(mean(model.logProb(fresh))).toBeGreaterThan(mean((model as TableMixture).density.logProb(fresh)));
  model.dispose();
});

test("gives the mixture of products little weight where it adds little, and tells so", async () => {
  const [base, noise] = [key.fold("z").normal(300), key.fold("noise").normal(300)];
  const table = createTable(
    ["a", "b"].map((name, k) => ({
      name,
      kind: "number",
      values: Float64Array.from(base, (z, row) => z + 1e-3 * k * (noise[row] as number)),
    })),
  );
  const events: AutoTableEvent[] = [];
  const run = fitAutoTable(table, { key, epochs: 30, folds: 1 });
  let next = await run.next();
  while (!next.done) {
    events.push(next.value);
    next = await run.next();
  }
  const last = events.at(-1);
  const weight = last?.type === "products" ? last.weight : Number.NaN;
  expect(weight).toBeLessThan(0.05);
  expect(next.value.model).toBeInstanceOf(weight === 0 ? TableDensity : TableMixture);
  next.value.model.dispose();
});

test("held-out rows, given columns, a fit that is stopped; nothing leaks", async () => {
  const table = groups(120);
  const before = tf.memory().numTensors;
  const held = await autoTable(table, { ...quick, validation: groups(60) });
  expect(held.validationRows).toBe(60);
  const given = await autoTable(table, { ...quick, given: ["x0"] });
  expect(given.model.given).toEqual(["x0"]);
  const drawn = given.model.sample(key, 2, { given: takeTableRows(table, [0, 1, 2]) });
  expect(drawn.rows).toBe(6);
  const stopped = await autoTable(table, { ...quick, signal: AbortSignal.abort() });
  expect(stopped.reason).toBe("aborted");
  expect(stopped.model).toBeInstanceOf(TableDensity);
  for (const { model } of [held, given, stopped]) model.dispose();
  expect(tf.memory().numTensors).toBe(before);
});
