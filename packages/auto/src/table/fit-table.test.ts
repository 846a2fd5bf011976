import { useBackend } from "@pushforward/backend";
import { findVariables } from "@pushforward/columns";
import { createKey } from "@pushforward/core";
import type { Column, Table } from "@pushforward/datasets";
import { createTable, takeTableRows } from "@pushforward/datasets/extend";
import { describeRules, type RuledDensity, rowsThatKeep, TableDensity, TableMixture } from "@pushforward/tables/extend";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "vitest";
import { DEEP } from "../../../testing/test/deep.ts";
import { type FitTableEvent, fitTable, fitTableEvents } from "./fit-table.ts";

const key = createKey(20261127);
const quick = { key, hidden: [8], maxEpochs: 4, recall: false, folds: 2 } as const;

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

beforeAll(() => useBackend("wasm"));

test("mixes both where both help, and the figure for the validation rows is that of the mixture", async () => {
  const table = groups(160);
  const { model, products, validationNll, columns } = await fitTable(table, quick);
  expect(model).toBeInstanceOf(TableMixture);
  expect(products?.weight).toBeGreaterThan(0.1);
  expect(products?.components).toBeGreaterThan(1);
  const networks = columns.reduce((sum, column) => sum + column.validationNll, 0);
  expect(validationNll).toBeLessThan(networks);
  // The networks keep half a percent where the mixture of products alone would be best.
  expect(validationNll).toBeLessThanOrEqual((products?.validationNll ?? 0) - Math.log(0.995));
  // Rows that took part in nothing: better than the networks alone.
  const fresh = takeTableRows(
    groups(1000),
    Int32Array.from({ length: 840 }, (_, i) => 160 + i),
  );
  const mean = (logProb: Float64Array): number => logProb.reduce((sum, value) => sum + value / logProb.length, 0);
  expect(mean(model.logProb(fresh))).toBeGreaterThan(mean((model as TableMixture).density.logProb(fresh)));
  model.dispose();
});

/** A group with gaps, and two sizes of which one depends on both. */
function sizes(rows: number): Table {
  const noise = (name: string): ArrayLike<number> => key.fold(name).normal(rows);
  const [u, z, e] = [noise("group"), noise("width"), noise("height")];
  const groups = Array.from(u, (x) => (x < -1 ? "" : x < 0 ? "small" : "large"));
  const missing = new Set(groups.flatMap((group, row) => (group === "" ? [row] : [])));
  const width = Float64Array.from(z, (x, row) => 20 + x + (groups[row] === "large" ? 5 : 0));
  return createTable([
    { name: "width", kind: "number", values: width },
    { name: "group", kind: "text", values: groups, missing },
    { name: "height", kind: "number", values: width.map((w, row) => 2 * w + 0.05 * (e[row] as number)) },
  ]);
}

test("a flow of real numbers given the other columns joins where it helps, and draws what can be", async () => {
  const events: FitTableEvent[] = [];
  const run = fitTableEvents(sizes(150), { key, hidden: [8], maxEpochs: 20, folds: 2 });
  let next = await run.next();
  for (; !next.done; next = await run.next()) events.push(next.value);
  const { model, flow, validationNll, columns } = next.value;
  expect(events.at(-1)).toMatchObject({ type: "flow", columns: ["width", "height"] });
  // Networks of one column at a time cannot be so sharp.
  expect(flow?.weight).toBeGreaterThan(0.3);
  expect(model.columns.map(({ name }) => name)).toEqual(["group", "width", "height"]);
  const networks = columns.reduce((sum, column) => sum + column.validationNll, 0);
  expect(validationNll).toBeLessThan(networks - 0.2);
  const fresh = takeTableRows(
    sizes(650),
    Int32Array.from({ length: 500 }, (_, i) => 150 + i),
  );
  const mean = (logProb: Float64Array): number => logProb.reduce((sum, value) => sum + value / logProb.length, 0);
  expect(mean(model.logProb(fresh))).toBeGreaterThan(mean((model as TableMixture).density.logProb(fresh)) + 0.2);
  const drawn = model.sample(key, 500);
  expect(drawn.columns.every((column) => column.kind === "text" || column.values.every((x) => x > 0))).toBe(true);
  model.dispose();
});

test("rules that hold in all rows are found and kept, and the figure for the validation rows includes them", async () => {
  const [u, v] = ["low", "high"].map((name) => key.fold(name).uniform(200)) as [Float32Array, Float32Array];
  const low = Float64Array.from(u, (x) => Math.floor(20 * x));
  const table = createTable([
    { name: "low", kind: "number", values: low },
    { name: "high", kind: "number", values: low.map((x, row) => x + Math.floor(6 * (v[row] as number) ** 2)) },
  ]);
  const settings = { key, hidden: [8], maxEpochs: 2, folds: 1 } as const;
  const ruled = await fitTable(table, settings);
  const free = await fitTable(table, { ...settings, rules: false });
  // Only networks model the higher number, because it may be a copy of the lower one.
  expect((ruled.model as RuledDensity).density.describeMembers()).not.toEqual([]);
  expect((ruled.model as RuledDensity).share).toBeUndefined();
  expect(describeRules(ruled.rules)).toEqual(["low ≤ high", "high − low ≤ 5"]);
  expect(free.rules).toEqual([]);
  const broken = ({ columns }: Table): number =>
    ((columns[0] as Column).values as Float64Array).filter(
      (x, row) => x > ((columns[1] as Column).values[row] as number),
    ).length;
  // The edge of the copies leaves few.
  expect(broken(free.model.sample(key, 2000))).toBeGreaterThan(0);
  expect(broken(ruled.model.sample(key, 500))).toBe(0);
  const gain = free.validationNll - ruled.validationNll;
  expect(gain).toBeGreaterThan(0);
  const meanGain = ruled.model.logProb(table).reduce((sum, x) => sum + x / 200, 0);
  const freeMean = free.model.logProb(table).reduce((sum, x) => sum + x / 200, 0);
  // On the validation rows, and on all rows.
  expect(Math.abs(gain - (meanGain - freeMean))).toBeLessThan(0.03);
  // A validation row that breaks the rule ends it.
  const validation = createTable(
    table.columns.map(({ name }) => ({ name, kind: "number", values: Float64Array.of(name === "low" ? 3 : 2, 4) })),
  );
  const other = await fitTable(table, { ...settings, validation });
  expect(describeRules(other.rules)).toEqual(["high − low ≤ 5"]);
  for (const { model } of [ruled, free, other]) model.dispose();
});

test("the rest of a constant sum is not negative, and a payment is at most a computed total", async () => {
  const rows = 600;
  const [a, b, c] = ["silt", "clay", "paid"].map((name) => key.fold(name).uniform(rows)) as [
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  const silt = Float64Array.from(a, (u) => Math.floor(1000 * u ** 2) / 10);
  const clay = Float64Array.from(b, (u, row) => Math.floor(u ** 2 * 10 * (100 - (silt[row] as number))) / 10);
  const sand = silt.map((x, row) => Number((100 - x - (clay[row] as number)).toFixed(1)));
  const columns: Column[] = Object.entries({ silt, clay, sand }).map(([name, values]) => ({
    name,
    kind: "number",
    values,
  }));
  const table = createTable([
    ...columns,
    { name: "twice", kind: "number", values: clay.map((x) => 2 * x) },
    { name: "paid", kind: "number", values: clay.map((x, row) => Math.floor(20 * x * (c[row] as number)) / 10) },
  ]);
  const { model, rules } = await fitTable(findVariables(table), { key, hidden: [8], maxEpochs: 3, folds: 1 });
  // The largest of the three has the numbers of the others.
  const sum = { type: "sum", of: "sand", weights: [-1, -1], plus: 100, low: 0 };
  expect(rules).toEqual([
    { ...sum, columns: ["silt", "clay"] },
    { type: "order", columns: ["paid", "twice"] },
  ]);
  const free = (model as RuledDensity).density.sample(key, 2000);
  const drawn = model.sample(key, 2000);
  const broken = (some: Table): number[] =>
    rules.map((rule) => rowsThatKeep(rule, some).filter((keeps) => keeps === 0).length);
  expect(Math.min(...broken(free))).toBeGreaterThan(0);
  expect(broken(drawn)).toEqual([0, 0]);
  const [x, y, z] = ["silt", "clay", "sand"].map(
    (name) => drawn.columns.find((one) => one.name === name)?.values as Float64Array,
  ) as [Float64Array, Float64Array, Float64Array];
  expect(Math.min(...z)).toBeGreaterThanOrEqual(0);
  expect(x.every((value, row) => Math.abs(value + (y[row] as number) + (z[row] as number) - 100) < 1e-9)).toBe(true);
  model.dispose();
});

test("networks alone keep rules column by column, and words before a rule are as frequent as in the rows", async () => {
  const rows = 900;
  const uniform = (name: string): Float32Array => key.fold(name).uniform(rows);
  const [u, v, w] = [uniform("start"), uniform("noise"), uniform("kind")];
  const low = Float64Array.from(u, (x) => Math.floor(900 * x));
  const wave = low.map((x, row) => Math.round(500 + 400 * Math.sin(x / 40) + 6 * (v[row] as number)));
  const kind = Array.from(w, (x, row) => (x < 0.25 ? "flat" : (wave[row] as number) > 500 ? "up" : "down"));
  const table = createTable([
    { name: "low", kind: "number", values: low },
    { name: "wave", kind: "number", values: wave },
    { name: "kind", kind: "text", values: kind },
    {
      name: "high",
      kind: "number",
      values: low.map((x, row) => x + (kind[row] === "flat" ? 1 : 300) + Math.floor(9 * (v[row] as number) ** 8)),
    },
  ]);
  const validation = takeTableRows(table, [...new Array(300).keys()]);
  const train = takeTableRows(
    table,
    Array.from({ length: 600 }, (_, i) => 300 + i),
  );
  const settings = { key, hidden: [32], maxEpochs: 25, validation } as const;
  const { model, rules, validationNll, heldOutLogProb } = await fitTable(train, settings);
  expect(describeRules(rules)).toEqual(["low ≤ high", "high − low ≥ 1"]);
  const ruled = model as RuledDensity;
  expect(ruled.share).toBeUndefined();
  // Draws of flat rows break the rule more often than other draws.
  const flatAmong = (rows: Table): number => {
    const { values } = rows.columns.find(({ name }) => name === "kind") as Column;
    return (values as readonly string[]).filter((word) => word === "flat").length / rows.rows;
  };
  const free = ruled.density.sample(key, 4000);
  const broken = ruled.firstBroken(free);
  const isKept = (row: number): boolean => broken[row] === -1;
  const redrawn = takeTableRows(free, [...broken.keys()].filter(isKept));
  expect(flatAmong(redrawn)).toBeLessThan(flatAmong(free) - 0.02);
  expect(Math.abs(flatAmong(model.sample(key, 4000)) - flatAmong(free))).toBeLessThan(0.01);
  const logProb = model.logProb(validation);
  expect(Array.from(heldOutLogProb, (x) => x.toFixed(6))).toEqual(Array.from(logProb, (x) => x.toFixed(6)));
  expect(validationNll).toBeCloseTo(-logProb.reduce((sum, x) => sum + x / 300, 0), 6);
  model.dispose();
});

test("next to mixtures, networks keep rules by column, and the weights are those of ruled densities", async () => {
  const rows = 240;
  const u = key.fold("kind").uniform(rows);
  const numberAt = (name: string) => (x: number, row: number) => x + (key.fold(name).normal(rows)[row] as number);
  const size = Float64Array.from(u, (x) => 2 * x).map(numberAt("size"));
  const is = (from: number, to: number) => Float64Array.from(u, (x) => Number(x >= from && x < to));
  const table = createTable([
    { name: "red", kind: "number", values: is(0, 0.35) },
    { name: "blue", kind: "number", values: is(0.35, 0.7) },
    { name: "green", kind: "number", values: is(0.7, 0.95) },
    { name: "size", kind: "number", values: size },
    { name: "weight", kind: "number", values: size.map((x) => 2 * x).map(numberAt("weight")) },
    { name: "price", kind: "number", values: size.map((x) => 3 * x).map(numberAt("price")) },
  ]);
  const validation = takeTableRows(table, [...new Array(80).keys()]);
  const train = takeTableRows(
    table,
    Array.from({ length: 160 }, (_, i) => 80 + i),
  );
  const settings = { key, hidden: [8], maxEpochs: 4, validation } as const;
  const { model, rules, flow, validationNll, heldOutLogProb } = await fitTable(train, settings);
  expect(rules.length).toBeGreaterThanOrEqual(2);
  const ruled = model as RuledDensity;
  expect(ruled.networksByColumn).toBe(true);
  expect(flow?.weight).toBeGreaterThan(0.05);
  const logProb = model.logProb(validation);
  expect(logProb.every((value, row) => Math.abs(value - (heldOutLogProb[row] as number)) < 1e-3)).toBe(true);
  expect(validationNll).toBeCloseTo(-logProb.reduce((sum, x) => sum + x / 80, 0), 3);
  const share = ruled.share as number;
  const drawn = (ruled.ruled as TableMixture).sample(key, 4000);
  const broken = ruled.firstBroken(drawn).reduce((count, rule) => count + Number(rule >= 0), 0);
  expect(Math.abs(1 - broken / 4000 - share)).toBeLessThan(0.025);
  expect(new Set(ruled.firstBroken(model.sample(key, 500)))).toEqual(new Set([-1]));
  model.dispose();
});

test.runIf(DEEP)("the maximum of epochs is that of the flow, too", async () => {
  const [x, e] = [key.fold("x").normal(120), key.fold("e").normal(120)];
  const bent = createTable([
    { name: "x", kind: "number", values: Float64Array.from(x) },
    { name: "y", kind: "number", values: Float64Array.from(x, (v, row) => v ** 2 + 0.1 * (e[row] as number)) },
  ]);
  const flowNll = async (epochs: number): Promise<number> => {
    const run = fitTableEvents(bent, { key, hidden: [8], maxEpochs: epochs, folds: 1 });
    let nll = Number.NaN;
    let next = await run.next();
    for (; !next.done; next = await run.next()) if (next.value.type === "flow") nll = next.value.validationNll;
    next.value.model.dispose();
    return nll;
  };
  expect(await flowNll(1)).toBeGreaterThan(await flowNll(40));
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
  const events: FitTableEvent[] = [];
  const run = fitTableEvents(table, { key, maxEpochs: 30, folds: 1 });
  let next = await run.next();
  while (!next.done) {
    events.push(next.value);
    next = await run.next();
  }
  const weight = events.flatMap((event) => (event.type === "products" ? [event.weight] : []));
  expect(weight).toEqual([next.value.products?.weight ?? 0]);
  expect(weight[0]).toBeLessThan(0.05);
  next.value.model.dispose();
});

test("the log-densities of validation rows include columns that are copies, which the mixtures leave out", async () => {
  const rows = 300;
  const [a, b, c] = ["bill", "paid", "word"].map((name) => key.fold(name).uniform(rows));
  const bill = Float64Array.from(a as ArrayLike<number>, (u) => Math.floor(1000 * u));
  const paid = bill.map((x, row) => ((b?.[row] as number) < 0.5 ? x : Math.floor(2000 * ((b?.[row] as number) - 0.5))));
  const words = Array.from(c as ArrayLike<number>, (u, row) =>
    u < 0.9 === (bill[row] as number) > 500 ? "no" : "yes",
  );
  const table = createTable([
    { name: "bill", kind: "number", values: bill },
    { name: "paid", kind: "number", values: paid },
    { name: "word", kind: "text", values: words },
  ]);
  const { model, heldOutLogProb, validationNll } = await fitTable(table, { ...quick, maxEpochs: 20, rules: false });
  const paidColumn = model.columns.find(({ name }) => name === "paid");
  expect(paidColumn !== undefined && "copies" in paidColumn && paidColumn.copies !== undefined).toBe(true);
  expect(-heldOutLogProb.reduce((sum, value) => sum + value / rows, 0)).toBeCloseTo(validationNll, 6);
  model.dispose();
});

test("held-out rows, context columns, a fit that is stopped; nothing leaks", async () => {
  const table = groups(120);
  const before = tf.memory().numTensors;
  const held = await fitTable(table, { ...quick, validation: groups(60) });
  expect(held.validationRows).toBe(60);
  const given = await fitTable(table, { ...quick, context: ["x0"] });
  expect(given.model.context).toEqual(["x0"]);
  const drawn = given.model.sample(key, 2, { context: takeTableRows(table, [0, 1, 2]) });
  expect(drawn.rows).toBe(6);
  const stopped = await fitTable(table, { ...quick, signal: AbortSignal.abort() });
  expect(stopped.reason).toBe("aborted");
  expect(stopped.model).toBeInstanceOf(TableDensity);
  for (const { model } of [held, given, stopped]) model.dispose();
  // Left before its end: at the first event of another member.
  const left = fitTableEvents(table, quick);
  for (let next = await left.next(); !next.done && next.value.type !== "products"; next = await left.next());
  await left.return(undefined as never);
  expect(tf.memory().numTensors).toBe(before);
});
