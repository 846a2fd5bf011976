import { useBackend } from "@pushforward/backend";
import { conditionersCodecs } from "@pushforward/conditioners/extend";
import { createKey } from "@pushforward/core";
import { createTable } from "@pushforward/datasets/extend";
import { decodeModel, encodeModel } from "@pushforward/serialization";
import { createRegistry } from "@pushforward/serialization/extend";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { BACKENDS } from "../../../testing/test/deep.ts";
import { discreteRows } from "../../cases/discrete-rows.ts";
import { mixedRows } from "../../cases/mixed-rows.ts";
import { tablesCodecs } from "../codecs.ts";
import { fitTableDensity } from "./fit/fit-table-density.ts";
import { TableDensity } from "./table-density.ts";

const key = createKey(20261127);
const registry = createRegistry(...conditionersCodecs, ...tablesCodecs);
const small = { key, hidden: [16], maxEpochs: 12, folds: 2 } as const;

const mean = (values: Float64Array): number => values.reduce((sum, value) => sum + value / values.length, 0);

describe.each(BACKENDS)("on %s", (backend) => {
  beforeAll(() => useBackend(backend));

  test("a fit leaves no tensor behind", async () => {
    const before = tf.memory().numTensors;
    const { model } = await fitTableDensity(discreteRows(300), { ...small, maxEpochs: 4 });
    model.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe("samples", () => {
  beforeAll(() => useBackend("wasm"));

  test("of many integers and of real numbers stay on the grid and within the range", async () => {
    const rows = 900;
    const z = key.fold("wide").normal(2 * rows);
    const table = createTable([
      {
        name: "n",
        kind: "number",
        values: Float64Array.from({ length: rows }, (_, i) => Math.round(300 * (z[i] as number))),
      },
      {
        name: "x",
        kind: "number",
        values: Float64Array.from({ length: rows }, (_, i) => (z[i] as number) + (z[rows + i] as number)),
      },
    ]);
    const { model } = await fitTableDensity(table, small);
    const drawn = model.sample(key, 2000);
    for (const [j, { values }] of table.columns.entries()) {
      const own = drawn.columns[j]?.values as Float64Array;
      const [low, high] = [Math.min(...(values as Float64Array)), Math.max(...(values as Float64Array))];
      expect(own.every((x) => x >= low - 0.01 && x <= high + 0.01)).toBe(true);
      if (j === 0) expect(own.every(Number.isInteger)).toBe(true);
    }
    model.dispose();
  });
});

describe("columns that follow from others", () => {
  beforeAll(() => useBackend("wasm"));

  test("bins tell the cell of any number in them, and leave the other numbers to the networks", async () => {
    // 3.5 to 5.5 occur in no row.
    const x = key
      .fold("x")
      .uniform(400)
      .map((u) => (u < 0.5 ? 7 * u : 5.5 + 9 * (u - 0.5)));
    const groups = Array.from(x, (value) => (value < 5 ? "low" : "high"));
    const rows = createTable([
      { name: "x", kind: "number", values: Float64Array.from(x) },
      { name: "group", kind: "text", values: groups },
    ]);
    const relations = [{ column: "group", from: ["x"], relation: { type: "bins" } }] as const;
    const { model } = await fitTableDensity(rows, { ...small, maxEpochs: 3, relations });
    const file = decodeModel<TableDensity>(encodeModel(model, registry), registry).model;
    const shareOf = (value: number, group: string): number => {
      const cells = { x: Float64Array.of(value), group: [group] };
      const row = createTable([
        { name: "x", kind: "number", values: cells.x },
        { name: "group", kind: "text", values: cells.group },
      ]);
      return Math.exp(file.cellLogProb(row).at(-1)?.[0] as number);
    };
    for (const low of [0.5, 2.22, 3.4]) expect(shareOf(low, "low")).toBeGreaterThan(0.99);
    for (const high of [5.6, 9.8]) expect(shareOf(high, "high")).toBeGreaterThan(0.99);
    for (const other of [-1000, 4.5, 1000]) {
      for (const group of ["low", "high"]) expect(shareOf(other, group)).toBeGreaterThan(0.02);
    }
    const drawn = file.sample(key, 500);
    const [numbers, words] = drawn.columns.map(({ values }) => values) as [Float64Array, string[]];
    for (const [i, value] of numbers.entries()) {
      if (Math.abs(value - 4.5) > 1.1 && value > 0.5 && value < 9.5) expect(words[i]).toBe(value < 5 ? "low" : "high");
    }
  });

  test("are computed: their cells have nearly all of the mass, others very little, and samples hold the relation", async () => {
    const rows = 400;
    const [u, z] = [key.fold("u").uniform(rows), key.fold("z").normal(rows)];
    const a = Float64Array.from(z, (value) => Math.round(10 * value) / 10);
    const b = Float64Array.from(u, (value) => Math.floor(value * 6));
    const table = createTable([
      { name: "sum", kind: "number", values: a.map((value, i) => Math.round(10 * (value + (b[i] as number))) / 10) },
      { name: "code", kind: "text", values: Array.from(b, (value) => "abcdef"[value] as string) },
      {
        name: "name",
        kind: "text",
        values: Array.from(b, (value) => ["Ann", "Bea", "Bea", "Cleo", "Dan", "Eve"][value] as string),
      },
      { name: "a", kind: "number", values: a },
      { name: "b", kind: "number", values: b },
      { name: "twice", kind: "number", values: a.map((value) => 2 * value + 1) },
      // Rounded as in a file, and on no grid that is known.
      { name: "third", kind: "number", values: a.map((value) => Math.round((100 * value) / 3) / 100) },
    ]);
    const relations = [
      { column: "name", from: ["code"], relation: { type: "function" } },
      { column: "sum", from: ["a", "b"], relation: { type: "linear", weights: [1, 1], plus: 0 } },
      { column: "twice", from: ["a"], relation: { type: "linear", weights: [2], plus: 1 } },
      { column: "third", from: ["a"], relation: { type: "linear", weights: [1 / 3], plus: 0 } },
    ] as const;
    const steps = new Map([
      ["a", 0.1],
      ["sum", 0.1],
      ["twice", 0.2],
    ]);
    const { model, columns } = await fitTableDensity(table, { ...small, maxEpochs: 3, relations, steps });
    const names = model.columns.map(({ name }) => name);
    expect(names.indexOf("sum")).toBeGreaterThan(names.indexOf("b"));
    for (const name of ["name", "sum", "twice", "third"]) {
      expect(columns.find(({ column }) => column === name)?.validationNll).toBeLessThan(0.01);
    }
    const file = decodeModel<TableDensity>(encodeModel(model, registry), registry).model;
    const drawn = file.sample(key, 500);
    const at = (name: string): ArrayLike<number> => drawn.columns.find((c) => c.name === name)?.values as Float64Array;
    for (let i = 0; i < 500; i++) {
      expect(Math.abs((at("sum")[i] as number) - (at("a")[i] as number) - (at("b")[i] as number))).toBeLessThan(1e-9);
      expect(Math.abs((at("twice")[i] as number) - 2 * (at("a")[i] as number) - 1)).toBeLessThan(1e-9);
    }
    const broken = createTable(
      table.columns.map((c) => (c.name === "sum" ? { ...c, values: a.map((x) => x + 9) } : c) as typeof c),
    );
    expect(mean(file.logProb(table)) - mean(file.logProb(broken))).toBeGreaterThan(4);
    model.dispose();
    file.dispose();
  });
});

describe("cells that were never seen", () => {
  beforeAll(() => useBackend("wasm"));

  test("have a finite density that falls with their distance, and ruin no mean", async () => {
    const { model } = await fitTableDensity(mixedRows(600), { ...small, maxEpochs: 4 });
    const odd = createTable([
      { name: "group", kind: "text", values: ["green", "low", "low", "low", ""], missing: new Set([4]) },
      { name: "x", kind: "number", values: Float64Array.of(1, 100, 1e6, 1e300, Number.NaN) },
    ]);
    const logProb = Array.from(model.logProb(odd));
    expect(logProb.every((value) => Number.isFinite(value) && value < -5)).toBe(true);
    expect(logProb[1]).toBeGreaterThan(logProb[2] as number);
    expect(logProb[2]).toBeGreaterThan(logProb[3] as number);
    model.dispose();
  });

  test("a column that is not there, or holds text for numbers, is named", async () => {
    const { model } = await fitTableDensity(mixedRows(100), { ...small, maxEpochs: 1 });
    const text = createTable([
      { name: "group", kind: "text", values: ["low"] },
      { name: "x", kind: "text", values: ["1"] },
    ]);
    expect(() => model.logProb(createTable([]))).toThrow('table: expected a column "group", got the columns none.');
    expect(() => model.logProb(text)).toThrow('table: expected numbers in column "x", got text.');
    model.dispose();
  });
});

test("tables of one row, one column, one value and missing cells only", async () => {
  await useBackend("wasm");
  const one = createTable([{ name: "a", kind: "text", values: ["x"] }]);
  const { model } = await fitTableDensity(one, small);
  expect(model.logProb(one)[0]).toBeGreaterThan(-1);
  expect(model.sample(key, 3).columns[0]?.values).toEqual(["x", "x", "x"]);
  const empty = createTable([{ name: "a", kind: "number", values: Float64Array.of(Number.NaN) }]);
  await expect(fitTableDensity(empty, small)).rejects.toThrow('expected numbers in column "a", got missing cells only');
  await expect(fitTableDensity(createTable([]), small)).rejects.toThrow("expected columns to learn, got none");
});

test.each([64, [64, 64], [0], []].map((hidden) => ({ hidden })))(
  "hidden is a list of one width: %j is refused",
  async ({ hidden }) => {
    await useBackend("wasm");
    const table = createTable([{ name: "a", kind: "number", values: Float64Array.of(1, 2, 4) }]);
    await expect(fitTableDensity(table, { ...small, hidden: hidden as number[] })).rejects.toThrow(
      /^fitTableDensity: expected hidden to be a list of one width, an integer from 1, got .*pass \{ hidden: \[64\] \}\.$/,
    );
  },
);

test.each([
  ["real numbers", 0, 150],
  ["real numbers with a heap", 0, 60],
  ["integers, all different", 1, 190],
  ["dates, all different", 86400, 240],
  ["three rows", 1, 3],
])("few rows of %s learn what they tell, and go into a model file", async (name, step, rows) => {
  await useBackend("wasm");
  const z = key.fold(name).normal(2 * rows);
  const a = Float64Array.from({ length: rows }, (_, i) =>
    step === 0 ? (name.includes("heap") && i % 3 === 0 ? 0 : (z[i] as number)) : step * (i - Math.floor(rows / 2)),
  );
  const scale = Math.max(...a.map(Math.abs));
  const table = createTable([
    { name: "a", kind: "number", values: a },
    { name: "b", kind: "number", values: a.map((x, i) => x / scale + 0.05 * (z[rows + i] as number)) },
  ]);
  const { model, validationNll, marginalNll } = await fitTableDensity(table, {
    ...small,
    maxEpochs: 60,
    steps: new Map([
      ["a", step],
      ["b", 0],
    ]),
  });
  const { model: read } = decodeModel<TableDensity>(encodeModel(model, registry), registry);
  const logProb = read.logProb(table);
  expect(logProb.every(Number.isFinite)).toBe(true);
  if (rows > 100) expect(marginalNll - validationNll).toBeGreaterThan(0.3);
  expect(read.logProb(read.sample(key, 40)).every(Number.isFinite)).toBe(true);
  model.dispose();
  read.dispose();
});

test("an aborted fit keeps the columns that are trained, and the others their frequencies", async () => {
  await useBackend("wasm");
  const abort = new AbortController();
  abort.abort();
  const { model, reason } = await fitTableDensity(discreteRows(200), { ...small, signal: abort.signal });
  expect(reason).toBe("aborted");
  expect(model.columns.every(({ members }) => members.length === 0)).toBe(true);
  expect(model).toBeInstanceOf(TableDensity);
});
