import { useBackend } from "@pushforward/backend";
import { createKey } from "@pushforward/core";
import type { Table } from "@pushforward/datasets";
import { createTable } from "@pushforward/datasets/extend";
import { decodeModel, describeModel, encodeModel } from "@pushforward/serialization";
import { createRegistry } from "@pushforward/serialization/extend";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { BACKENDS } from "../../../../testing/test/deep.ts";
import { mixedRows } from "../../../cases/mixed-rows.ts";
import { tablesCodecs } from "../../codecs.ts";
import { CELL_SIZE } from "../../density/coding/category-coding.ts";
import { fitTableDensity } from "../../density/fit/fit-table-density.ts";
import { fitProductMixture } from "./fit-product-mixture.ts";
import type { MixtureColumn } from "./mixture-tables.ts";
import { ProductMixture } from "./product-mixture.ts";

const key = createKey(20261127);
const registry = createRegistry(...tablesCodecs);

const total = (logProb: Float64Array): number => logProb.reduce((sum, value) => sum + Math.exp(value), 0);
const worst = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - (b[i] as number))), 0);

interface Row {
  readonly color: string | undefined;
  readonly size: number;
}

const COLORS = ["red", "__proto__", "blue", undefined];
const SIZES = [1, 2, 5, Number.NaN];

function rowsTable(rows: readonly Row[], words: readonly string[]): Table {
  return createTable([
    {
      name: "__proto__",
      kind: "text",
      values: rows.map(({ color }) => color ?? ""),
      missing: new Set(rows.flatMap(({ color }, i) => (color === undefined ? [i] : []))),
    },
    { name: "size", kind: "number", values: Float64Array.from(rows, ({ size }) => size) },
    { name: "constructor", kind: "text", values: [...words] },
  ]);
}

/** Rows of a color with gaps, a size with gaps that depends on it, and a word that depends on both. */
function discreteRows(rows: number): Table {
  const uniform = (name: string): number[] => Array.from(key.fold(name).uniform(rows));
  const [a, b, c] = [uniform("a"), uniform("b"), uniform("c")];
  const drawn = a.map((u, i): Row => {
    const color = u < 0.5 ? "red" : u < 0.7 ? "__proto__" : u <= 0.9 ? "blue" : undefined;
    const v = b[i] as number;
    return { color, size: v < 0.1 ? Number.NaN : color === "red" ? (v < 0.6 ? 1 : 2) : v < 0.4 ? 2 : 5 };
  });
  const words = drawn.map(({ size }, i) => (Number.isNaN(size) === (c[i] as number) < 0.95 ? "yes" : "no"));
  return rowsTable(drawn, words);
}

const WORDS = ["yes", "no"];
const NAMES = ["__proto__", "size", "constructor"];

/** All rows that the table above may have, the last column changing fastest. */
function allRows(sizes: readonly number[] = SIZES): Table {
  const rows = COLORS.flatMap((color) => sizes.flatMap((size) => WORDS.map((word) => ({ color, size, word }))));
  return rowsTable(
    rows,
    rows.map(({ word }) => word),
  );
}

/** The definition, with sums over components of products of probabilities. */
function byDefinition({ columns, components, weights, tables }: ProductMixture, table: Table): Float64Array {
  const [w, t] = [weights.read(), tables.read()];
  const softmax = (logits: readonly number[]): number[] => {
    const total = logits.reduce((sum, x) => sum + Math.exp(x), 0);
    return logits.map((x) => Math.exp(x) / total);
  };
  const shares = softmax(Array.from(w));
  let first = 0;
  const parts = columns.map(({ name, coding }) => {
    const size = coding.codes - (coding.components > 0 ? 1 : 0);
    const column = table.columns.find((one) => one.name === name);
    if (column === undefined) throw new Error(name);
    const start = first;
    first += size;
    const codes = shares.map((_, k) =>
      softmax(Array.from({ length: size }, (_, c) => t[(start + c) * components + k] as number)),
    );
    return { ...coding.encode(column), logHead: coding.logHead, codes };
  });
  return Float64Array.from({ length: table.rows }, (_, row) => {
    const terms = shares.map((share, k) => {
      let p = share;
      for (const { cells, logFloor, logHead, codes } of parts) {
        const code = cells[row * CELL_SIZE] as number;
        const inside = Math.exp(logHead + (cells[row * CELL_SIZE + 1] as number));
        p *= (code < 0 ? 0 : (codes[k]?.[code] as number) * inside) + Math.exp(logFloor[row] as number);
      }
      return p;
    });
    return Math.log(terms.reduce((sum, p) => sum + p, 0));
  });
}

describe.each(BACKENDS)("on %s", (backend) => {
  beforeAll(() => useBackend(backend));

  test("the log-density is that of the definition", async () => {
    for (const table of [discreteRows(400), mixedRows(700)]) {
      const { model } = await fitProductMixture(table, { key, components: 5 });
      expect(worst(model.logProb(table), byDefinition(model, table))).toBeLessThan(1e-9);
      model.dispose();
    }
  });

  test("a model file keeps the description, and leaves no tensor behind", async () => {
    const before = tf.memory().numTensors;
    const table = mixedRows(500);
    const { model } = await fitProductMixture(table, { key });
    const { model: read } = decodeModel<ProductMixture>(encodeModel(model, registry), registry);
    expect(describeModel(read, registry)).toBe(describeModel(model, registry));
    expect(describeModel(model, registry)).toMatch(
      /^product-mixture \(components \d+, .*: [\d,]+ parameters\n {2}weights \[/,
    );
    model.dispose();
    read.dispose();
    expect(tf.memory().numTensors).toBe(before);
    expect(() => model.logProb(table)).toThrow("expected a live model");
  });
});

describe("exact laws", () => {
  beforeAll(() => useBackend("wasm"));

  test("a marginal is the sum of the joint, an unknown cell too, and a conditional joint over marginal", async () => {
    const { model, trainRows } = await fitProductMixture(discreteRows(600), { key, components: 6 });
    const integers = Array.from({ length: 8001 }, (_, i) => i - 4000);
    const all = allRows([...integers, Number.NaN]);
    const joint = model.logProb(all);
    const pair = model.logMarginal(all, ["size", "__proto__"]);
    for (let i = 0; i < all.rows; i += 2) {
      const sum = Math.exp(joint[i] as number) + Math.exp(joint[i + 1] as number);
      // New and missing words have 1/(rows + 1) together.
      const error = Math.abs(sum / (1 - 1 / (trainRows + 1)) - Math.exp(pair[i] as number));
      if (!(error < 1e-12)) expect.fail(`row ${i} is off by ${error}`);
    }
    const conditional = model.conditional(all, ["__proto__", "size"], ["constructor"]).logProb();
    expect(
      worst(
        conditional,
        joint.map((value, i) => value - (pair[i] as number)),
      ),
    ).toBeLessThan(1e-9);
    const seen = allRows();
    const withGaps = model.logProb(seen, { missing: "unknown" });
    const last = seen.rows - 1;
    expect(withGaps[last]).toBe(model.logMarginal(seen, ["constructor"])[last]);
    expect(withGaps[0]).toBe(model.logProb(seen)[0]);
    model.dispose();
  });

  test("responsibilities are weights times likelihoods, and those of no columns the weights", async () => {
    const table = discreteRows(50);
    const { model } = await fitProductMixture(table, { key, components: 3 });
    const responsibilities = model.responsibilities(table);
    for (let i = 0; i < 50; i++) {
      const own = responsibilities.subarray(3 * i, 3 * i + 3);
      expect(own.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 12);
    }
    const weights = Array.from(model.weights.read(), Math.exp);
    expect(worst(model.responsibilities(table, []).subarray(0, 3), weights)).toBeLessThan(1e-6);
    model.dispose();
  });

  test("shares the measure of a TableDensity, and its codings", async () => {
    const table = mixedRows(600);
    const density = await fitTableDensity(table, { key, maxEpochs: 1, hidden: [8], members: 1 });
    const { model } = await fitProductMixture(table, {
      key,
      codings: density.model.columns,
      components: 1,
      smoothing: 0,
    });
    const bare: MixtureColumn[] = density.model.columns.map(({ name, coding }) => ({ name, coding }));
    const independent = new ProductMixture({ columns: bare, components: 2 });
    const { columns } = density.model;
    const { TableDensity } = await import("../../density/table-density.ts");
    const marginals = new TableDensity(columns.map((column) => ({ ...column, parents: [], members: [] })));
    expect(worst(independent.logProb(table), marginals.logProb(table))).toBeLessThan(1e-4);
    expect(model.columns.map(({ coding }) => coding)).toEqual(columns.map(({ coding }) => coding));
    for (const one of [model, independent, density.model]) one.dispose();
  });
});

describe("samples", () => {
  beforeAll(() => useBackend("wasm"));
  const rows = 40_000;
  const name = (table: Table, i: number): string => table.columns.map(({ values }) => String(values[i])).join("|");

  function countRows(table: Table): Map<string, number> {
    const counts = new Map<string, number>();
    for (let i = 0; i < table.rows; i++) counts.set(name(table, i), (counts.get(name(table, i)) ?? 0) + 1);
    return counts;
  }

  function expectShares(counts: Map<string, number>, all: Table, logProb: Float64Array): void {
    for (let i = 0; i < all.rows; i++) {
      const p = Math.exp(logProb[i] as number);
      const share = (counts.get(name(all, i)) ?? 0) / rows;
      expect(Math.abs(share - p), name(all, i)).toBeLessThan(5 * Math.sqrt((p * (1 - p)) / rows) + 2.5e-3);
    }
  }

  test("given some columns follow the conditional, and keep what is given", async () => {
    const { model } = await fitProductMixture(discreteRows(800), { key, components: 8 });
    const given: Table = createTable([
      { name: "size", kind: "number", values: new Float64Array(rows).fill(2) },
      { name: "constructor", kind: "text", values: Array.from({ length: rows }, () => "no") },
    ]);
    const drawn = model.sampleGiven(key, given, ["constructor", "size"]);
    expect(drawn.columns.map((column) => column.name)).toEqual(NAMES);
    expect(new Set(countRows(drawn).keys())).toEqual(new Set(COLORS.map((color) => `${color ?? ""}|2|no`)));
    const all = allRows([2]);
    const logProb = model.conditional(all, ["size", "constructor"], ["__proto__"]).logProb();
    const asked = rowsTable(
      COLORS.map((color) => ({ color, size: 2 })),
      COLORS.map(() => "no"),
    );
    expectShares(countRows(drawn), asked, model.conditional(asked, ["size", "constructor"], ["__proto__"]).logProb());
    expect(Math.abs(total(logProb) - 2)).toBeLessThan(0.01);
    model.dispose();
  });

  test("fill unknown cells with values, never with gaps, and leave the others alone", async () => {
    const table = discreteRows(700);
    const { model } = await fitProductMixture(table, { key, missing: "unknown" });
    const filled = model.sampleGiven(key, table, NAMES, { missing: "unknown" });
    for (const [j, column] of table.columns.entries()) {
      const own = filled.columns[j];
      expect(own?.kind === "text" ? (own.missing?.size ?? 0) : own?.values.filter(Number.isNaN).length).toBe(0);
      for (let i = 0; i < table.rows; i++) {
        const isGap = column.kind === "text" ? column.missing?.has(i) : Number.isNaN(column.values[i]);
        if (!isGap) expect(own?.values[i]).toBe(column.values[i]);
      }
    }
    model.dispose();
  });
});

test("cells that were never seen have a finite density and say nothing about other columns", async () => {
  await useBackend("wasm");
  const { model } = await fitProductMixture(mixedRows(600), { key, components: 4 });
  const odd = createTable([
    { name: "group", kind: "text", values: ["green", "low", "low", "low", ""], missing: new Set([4]) },
    { name: "x", kind: "number", values: Float64Array.of(1, 100, 1e6, 1e300, Number.NaN) },
  ]);
  const logProb = Array.from(model.logProb(odd));
  expect(logProb.every((value) => Number.isFinite(value) && value < -5)).toBe(true);
  expect(logProb[1]).toBeGreaterThan(logProb[2] as number);
  expect(logProb[2]).toBeGreaterThan(logProb[3] as number);
  const given = model.conditional(odd, ["group"], ["x"]).logProb();
  expect(given[0]).toBeCloseTo(model.logMarginal(odd, ["x"])[0] as number, 12);
  model.dispose();
});

test("a question sees parameters that have changed", async () => {
  await useBackend("wasm");
  const table = discreteRows(60);
  const { model } = await fitProductMixture(table, { key, components: 2 });
  const before = model.logProb(table);
  model.weights.write([3, -3]);
  const after = model.logProb(table);
  expect(worst(after, byDefinition(model, table))).toBeLessThan(1e-9);
  expect(worst(before, after)).toBeGreaterThan(1e-3);
  model.dispose();
});

test("questions about columns that are not there, or twice, are refused", async () => {
  await useBackend("wasm");
  const table = mixedRows(100);
  const { model } = await fitProductMixture(table, { key, components: 2 });
  expect(() => model.logMarginal(table, ["y"])).toThrow('expected one of the columns "group", "x", got "y".');
  expect(() => model.conditional(table, ["x"], ["x"])).toThrow("expected each column once");
  expect(() => model.logProb(createTable([]))).toThrow('table: expected a column "group", got the columns none.');
  expect(() => new ProductMixture({ columns: model.columns, components: 0 })).toThrow("an integer from 1, got 0");
  expect(() => new ProductMixture({ columns: [], components: 1 })).toThrow("expected columns, got none");
  model.dispose();
});
