import { useBackend } from "@pushforward/backend";
import { createKey } from "@pushforward/core";
import type { Table } from "@pushforward/datasets";
import { createTable } from "@pushforward/datasets/extend";
import { MultivariateNormal } from "@pushforward/distributions";
import { Flow } from "@pushforward/flows";
import { fitNormalMixture, fitTableDensity, type TableDensity } from "@pushforward/tables";
import { TableMixture } from "@pushforward/tables/extend";
import { AffineElementwise } from "@pushforward/transforms";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { DEEP } from "../../testing/test/deep.ts";
import { checkConditions } from "./extend.ts";
import { askTable, imputeTable, marginalLogProb, type TableQuestions } from "./index.ts";

const key = createKey(20261127);
const ROWS = DEEP ? 1500 : 800;
const VALUES = { a: ["x", "y"], n: [0, 1, 2, Number.NaN], b: ["u", "v", "w"] } as const;

/** A word, a number that is sometimes missing and tells of it, and a word that depends on both. */
function rows(): Table {
  const [u, v, w] = [key.fold("u").uniform(ROWS), key.fold("v").uniform(ROWS), key.fold("w").uniform(ROWS)];
  const a = Array.from(u, (x) => (x < 0.3 ? "x" : "y"));
  const n = Float64Array.from(v, (x, i) =>
    x < 0.2 ? Number.NaN : Math.min(2, Math.floor((a[i] === "x" ? 2 : 4) * x)),
  );
  const b = Array.from(w, (x, i) =>
    n[i] === 2 ? (x < 0.8 ? "u" : "v") : a[i] === "x" && x < 0.7 ? "w" : x < 0.5 ? "u" : "v",
  );
  return createTable([
    { name: "a", kind: "text", values: a },
    { name: "n", kind: "number", values: n },
    { name: "b", kind: "text", values: b },
  ]);
}

let model: TableDensity;
let questions: TableQuestions;
let all: { readonly a: string; readonly n: number; readonly b: string; readonly p: number }[];

beforeAll(async () => {
  await useBackend("wasm");
  ({ model } = await fitTableDensity(rows(), { key, hidden: [16], maxEpochs: 12, members: 1 }));
  questions = await askTable(model, { key });
  const cells = VALUES.a.flatMap((a) => VALUES.n.flatMap((n) => VALUES.b.map((b) => ({ a, n, b }))));
  const logProb = model.logProb(
    createTable([
      { name: "a", kind: "text", values: cells.map(({ a }) => a) },
      { name: "n", kind: "number", values: Float64Array.from(cells, ({ n }) => n) },
      { name: "b", kind: "text", values: cells.map(({ b }) => b) },
    ]),
  );
  all = cells.map((cell, i) => ({ ...cell, p: Math.exp(logProb[i] as number) }));
});

/** The exact distribution of something for the rows of the model that pass a test. */
function exact<T>(is: (row: (typeof all)[number]) => boolean, of: (row: (typeof all)[number]) => T): Map<T, number> {
  const passing = all.filter(is);
  const total = passing.reduce((sum, { p }) => sum + p, 0);
  const sums = new Map<T, number>();
  for (const row of passing) sums.set(of(row), (sums.get(of(row)) ?? 0) + row.p / total);
  return sums;
}

function expectNear(actual: ReadonlyMap<unknown, number>, expected: ReadonlyMap<unknown, number>): void {
  for (const [value, p] of expected) expect(Math.abs((actual.get(value) ?? 0) - p), String(value)).toBeLessThan(0.035);
}

const cellOf = (n: number): number | null => (Number.isNaN(n) ? null : n);

describe("given", () => {
  test("a column before the others is exact", () => {
    const answer = questions.given({ a: "x" }, { key, draws: 2000 });
    expect([answer.proposal, answer.isExact, answer.warning]).toEqual(["order", true, undefined]);
    expect(answer.effectiveSampleSize).toBeCloseTo(answer.table.rows, 3);
    expectNear(
      answer.probabilities("b"),
      exact(
        ({ a }) => a === "x",
        ({ b }) => b,
      ),
    );
    expectNear(
      answer.probabilities("n"),
      exact(
        ({ a }) => a === "x",
        ({ n }) => cellOf(n),
      ),
    );
    expect(answer.logEvidence).toBeCloseTo(
      Math.log(all.filter(({ a }) => a === "x").reduce((sum, { p }) => sum + p, 0)),
      2,
    );
  });

  test.each([
    ["a column behind the others", { b: "w" }, (row: (typeof all)[number]) => row.b === "w"],
    ["two columns around another", { a: "y", b: "u" }, (row: (typeof all)[number]) => row.a === "y" && row.b === "u"],
    ["a missing cell", { n: null }, (row: (typeof all)[number]) => Number.isNaN(row.n)],
    ["a range", { n: { min: 1 }, b: "u" }, (row: (typeof all)[number]) => row.n >= 1 && row.b === "u"],
    ["an open range", { n: { above: 0, below: 2 } }, (row: (typeof all)[number]) => row.n === 1],
    ["a set", { b: { in: ["u", "w"] }, n: 0 }, (row: (typeof all)[number]) => row.b !== "v" && row.n === 0],
  ] as const)("%s: as the density says", (_name, conditions, is) => {
    const answer = questions.given(conditions, { key, draws: 2000 });
    expect(answer.effectiveSampleSize).toBeGreaterThanOrEqual(2000);
    for (const name of ["a", "b"] as const)
      expectNear(
        answer.probabilities(name),
        exact(is, (row) => row[name]),
      );
    expectNear(
      answer.probabilities("n"),
      exact(is, ({ n }) => cellOf(n)),
    );
    const evidence = all.filter(is).reduce((sum, { p }) => sum + p, 0);
    expect(Math.abs(answer.logEvidence - Math.log(evidence))).toBeLessThan(0.1);
    const draws = answer.sample(key, 3000);
    const words = draws.columns.find(({ name }) => name === "b")?.values as readonly string[];
    const share = words.filter((word) => word === "u").length / 3000;
    expect(Math.abs(share - (exact(is, ({ b }) => b).get("u") ?? 0))).toBeLessThan(0.05);
  });

  test("a log-density is that of the row over that of what is known", () => {
    const answer = questions.given({ b: "w" }, { key, draws: 4000 });
    const row = createTable([
      { name: "a", kind: "text", values: ["x"] },
      { name: "n", kind: "number", values: Float64Array.of(1) },
      { name: "b", kind: "text", values: ["w"] },
    ]);
    const p = exact(
      ({ b }) => b === "w",
      ({ a, n }) => `${a}${n}`,
    ).get("x1") as number;
    expect(Math.abs((answer.logProb(row)[0] as number) - Math.log(p))).toBeLessThan(0.1);
  });

  test("an answer in parts grows, and ends with the whole one", () => {
    const options = { key, draws: 400, rows: 3000, block: 110 };
    const parts = [...questions.givenInParts({ b: "w" }, options)];
    const sizes = parts.map((part) => part?.table.rows ?? 0);
    // The few draws that choose how to draw are a part of the answer.
    const blocks = sizes.slice(sizes.lastIndexOf(150));
    expect(blocks.length).toBeGreaterThan(2);
    expect(blocks.every((size, i) => i === 0 || (size > (blocks[i - 1] as number) && size <= 3000))).toBe(true);
    expect(parts.at(-1)?.weights).toEqual(questions.given({ b: "w" }, options).weights);
    expect(parts.at(-1)?.effectiveSampleSize).toBeGreaterThanOrEqual(400);
  });

  test("cells that do not go together are told, and rare ones are not", async () => {
    const halves = createTable([
      { name: "a", kind: "text", values: Array.from({ length: 600 }, (_, i) => (i % 20 === 0 ? "x" : "y")) },
      { name: "n", kind: "number", values: Float64Array.from({ length: 600 }, (_, i) => (i % 20 === 0 ? 1 : 2)) },
    ]);
    const own = await fitTableDensity(halves, { key, hidden: [8], maxEpochs: 15, members: 1 });
    const asked = await askTable(own.model, { key });
    expect(asked.given({ a: "x", n: 1 }, { key }).warning).toBeUndefined();
    expect(asked.given({ a: "x", n: 40 }, { key }).warning).toMatch(
      /^the given conditions are improbable: their log-density is -\d+\.\d, and the lowest of 4,000 draws is -\d\.\d$/,
    );
  });

  test("parts of which no row fits are undefined, and as many rows are drawn as may be", () => {
    const options = { key, rows: 700, block: 300 };
    // Each has a value that a row may have, and no row has all.
    const never = { a: { in: ["x"] }, n: { in: [2] }, b: { in: ["w"] } };
    const parts = [...questions.givenInParts(never, { ...options, draws: 1 })];
    expect(parts.some((part) => part === undefined)).toBe(true);
  });

  test("what was prepared is freed, and the model is not", async () => {
    const before = tf.memory().numTensors;
    const own = await askTable(model, { key, rows: 200 });
    own.given({ a: "x" }, { key, draws: 50 });
    own.dispose();
    expect(tf.memory().numTensors).toBe(before);
    expect(questions.given({ a: "x" }, { key, draws: 50 }).isExact).toBe(true);
  });

  test.each(["draws", "rows", "block"])("%s must be an integer from 1", (name) => {
    expect(() => questions.given({ a: "x" }, { key, [name]: 0.5 })).toThrow(
      `given: expected ${name} to be an integer from 1, got 0.5.`,
    );
  });

  test("a mixture of normals that is a part of the model is not freed with the rest", async () => {
    const z = key.fold("normals").normal(1200);
    const numbers = createTable(
      ["u", "v"].map((name, j) => ({
        ...{ name, kind: "number" as const },
        values: Float64Array.from({ length: 400 }, (_, i) => (z[2 * i] as number) + j * (z[2 * i + 1] as number)),
      })),
    );
    const { model: density } = await fitTableDensity(numbers, { key, hidden: [8], maxEpochs: 2, members: 1 });
    const { model: normals } = await fitNormalMixture(numbers, { key });
    const mixed = new TableMixture({ density, members: [normals], weights: [0.5] });
    const before = tf.memory().numTensors;
    const own = await askTable(mixed, { key, rows: 400 });
    own.given({ u: 1 }, { key, draws: 50 });
    own.dispose();
    expect(tf.memory().numTensors).toBe(before);
    expect(mixed.logProb(numbers).every(Number.isFinite)).toBe(true);
  });

  test("a known copy of a drawn number is answered in the order of the columns alone", async () => {
    const count = 600;
    const [u, v] = [key.fold("kind").uniform(count), key.fold("copy").uniform(count)];
    const kinds = Array.from(u, (x) => Math.floor(30 * x));
    const x = Float64Array.from(kinds, (kind, i) => 40 * kind + (i % 20));
    const table = createTable([
      { name: "kind", kind: "text", values: kinds.map((kind) => `kind ${kind}`) },
      { name: "x", kind: "number", values: x },
      { name: "y", kind: "number", values: x.map((own, i) => ((v[i] as number) < 0.9 ? own : (7 * i) % 1200)) },
    ]);
    const own = await fitTableDensity(table, { key, hidden: [16], maxEpochs: 30, members: 1, relations: [] });
    expect(own.model.columns[2]?.copies?.sources).toHaveLength(1);
    const asked = await askTable(own.model, { key, rows: 200 });
    const parts = [...asked.givenInParts({ y: 487 }, { key, draws: 200 })];
    // Few kinds have such a number, so that the weights are uneven.
    expect(parts.length).toBeGreaterThan(1);
    expect(new Set(parts.map((part) => part?.proposal))).toEqual(new Set(["order"]));
    expect(parts.at(-1)?.effectiveSampleSize).toBeGreaterThanOrEqual(200);
    const cells = Array.from({ length: 30 * 1200 }, (_, i) => ({ kind: Math.floor(i / 1200), x: i % 1200 }));
    const logProb = own.model.logProb(
      createTable([
        { name: "kind", kind: "text", values: cells.map(({ kind }) => `kind ${kind}`) },
        { name: "x", kind: "number", values: Float64Array.from(cells, (cell) => cell.x) },
        { name: "y", kind: "number", values: new Float64Array(cells.length).fill(487) },
      ]),
    );
    const sums = new Float64Array(30);
    for (const [i, { kind }] of cells.entries()) sums[kind] = (sums[kind] as number) + Math.exp(logProb[i] as number);
    const total = sums.reduce((sum, own) => sum + own, 0);
    const asIs = parts.at(-1)?.probabilities("kind");
    for (const [kind, sum] of sums.entries())
      expect(Math.abs((asIs?.get(`kind ${kind}`) ?? 0) - sum / total), `kind ${kind}`).toBeLessThan(0.07);
    asked.dispose();
    own.model.dispose();
  });

  test("the same key gives the same answer", () => {
    const ask = () => questions.given({ b: "w" }, { key }).sample(key, 20);
    expect(ask()).toEqual(ask());
  });

  test.each([
    [{ c: 1 }, 'expected one of the columns "a", "n", "b", got "c".'],
    [{ a: "z" }, 'expected a category of column "a", got "z", which no training row had.'],
    [{ b: { in: ["u", "__proto__"] } }, 'a category of column "b", got "__proto__"'],
    [{ a: 1 }, 'expected a text or null for column "a", got 1.'],
    [{ n: "x" }, 'expected a number or null for column "n", got "x".'],
    [{ a: { min: 3 } }, 'a text, null or a set for column "a", got a range.'],
    [{ n: { min: 3, max: 1 } }, 'a non-empty range of column "n", got at least 3 and at most 1.'],
    [{ n: { in: [] } }, 'expected values for column "n", got an empty set.'],
    [{ n: { min: 7 } }, 'condition that column "n" can meet, with numbers from 0 to 2 in steps of 1, got at least 7.'],
    [{ n: { above: 0, below: 1 } }, 'condition that column "n" can meet, with numbers from 0 to 2'],
    [{ n: { in: [5, 6] } }, 'condition that column "n" can meet'],
    [{ n: -1e9 }, 'condition that column "n" can meet'],
  ])("%j is refused", (conditions, message) => {
    expect(() => questions.given(conditions, { key })).toThrow(message);
  });
});

describe("a flow", () => {
  test("has the conditionals of its normal", async () => {
    const base = new MultivariateNormal({
      mean: [1, -1, 0],
      covariance: [
        [1, 0.8, 0],
        [0.8, 1, 0.3],
        [0, 0.3, 0.5],
      ],
    });
    const asked = await askTable(new Flow(base, new AffineElementwise({ features: 3 })), {
      key,
      columns: ["x", "y", "z"],
    });
    const answer = asked.given({ y: 0.5 }, { key, draws: 2000 });
    expect(answer.mean("x")).toBeCloseTo(1 + 0.8 * 1.5, 1);
    expect(answer.mean("z")).toBeCloseTo(0.3 * 1.5, 1);
    const [low, high] = [answer.quantile("x", 0.05), answer.quantile("x", 0.95)];
    expect(Math.abs(low - (2.2 - 1.645 * 0.6))).toBeLessThan(0.12);
    expect(Math.abs(high - (2.2 + 1.645 * 0.6))).toBeLessThan(0.12);
    expect(() => answer.quantile("x", 1.5)).toThrow("quantile: expected a level from 0 to 1, got 1.5.");
    await expect(askTable(new Flow(base, new AffineElementwise({ features: 3 })), { key })).rejects.toThrow(
      "the names of the columns of a flow",
    );
  });
});

describe("conditions are checked without a prepared model", () => {
  test.each<[Parameters<typeof checkConditions>[1], string]>([
    [{ nosuch: 1 }, "expected one of the columns"],
    [{ a: "z" }, 'a category of column "a"'],
    [{ n: "x" }, "expected a number or null"],
    [{ n: { min: 3 } }, "with numbers from 0 to 2"],
    [{ n: { below: 0 } }, "with numbers from 0 to 2"],
    [{ n: { in: [9] } }, "with numbers from 0 to 2"],
    [{ a: "x", n: 1e9 }, "with numbers from 0 to 2"],
  ])("%j is refused", (conditions, message) => {
    expect(() => checkConditions(model, conditions)).toThrow(message);
  });

  test("what a row can have is not refused, nor a number somewhat beyond", () => {
    for (const n of [1, null, 7, { min: 1 }, { max: 0 }, { in: [2, 9] }, { in: [null] }]) checkConditions(model, { n });
  });

  test("of integers a range between two of them is refused", async () => {
    const ages = Float64Array.from(key.uniform(900), (value) => 20 + Math.floor(300 * value ** 2));
    const numbers = createTable([{ name: "age", kind: "number", values: ages }]);
    const own = await fitTableDensity(numbers, { key, hidden: [4], maxEpochs: 1, members: 1 });
    for (const age of [{ above: 40, below: 41 }, { min: 60.2, max: 60.8 }, { max: 19.4 }, { min: 331 }]) {
      expect(() => checkConditions(own.model, { age })).toThrow("in steps of 1");
    }
    for (const age of [{ above: 40, below: 42 }, { min: 60, max: 60.8 }, { max: 20 }])
      checkConditions(own.model, { age });
    const drawn = own.model.sample(key, 3000).columns[0]?.values as Float64Array;
    for (const value of new Set(drawn)) checkConditions(own.model, { age: { min: value, max: value } });
    own.model.dispose();
  });

  test("of a flow only numbers far beyond all draws are refused", () => {
    const base = new MultivariateNormal({ mean: [1, -1] });
    const flow = new Flow(base, new AffineElementwise({ features: 2 }));
    const columns = ["x", "y"];
    for (const x of [0, 50, { min: 20 }, { below: -30 }]) checkConditions(flow, { x }, { columns });
    for (const x of [1e9, { min: 1e9 }, { below: -1e9 }]) {
      expect(() => checkConditions(flow, { x }, { columns })).toThrow('condition that column "x" can meet');
    }
    expect(() => checkConditions(flow, { x: 1 })).toThrow(
      "checkConditions: expected the names of the columns of a flow",
    );
    flow.dispose();
  });
});

describe("holes", () => {
  test("are filled with most probable values, means and draws of the distribution given the other cells", () => {
    const holed = createTable([
      { name: "a", kind: "text", values: ["", "x", "y"], missing: new Set([0]) },
      { name: "n", kind: "number", values: Float64Array.of(1, Number.NaN, 2) },
      { name: "b", kind: "text", values: ["w", "", "u"], missing: new Set([1]) },
      { name: "other", kind: "text", values: ["p", "q", ""], missing: new Set([2]) },
    ]);
    const { cells, expected, drawn, poor } = imputeTable(questions, holed, { key, draws: 4000, multiple: 2 });
    expect(cells.map(({ row, column }) => `${row}${column}`)).toEqual(["0a", "1n", "1b"]);
    expect(poor).toEqual([]);
    const isPresent = ({ n }: { readonly n: number }): boolean => !Number.isNaN(n);
    const p = exact(
      (row) => row.b === "w" && row.n === 1,
      ({ a }) => a,
    );
    expect(Math.abs((cells[0]?.probability ?? 0) - Math.max(...p.values()))).toBeLessThan(0.03);
    const mean = [
      ...exact(
        (row) => row.a === "x" && isPresent(row),
        ({ n }) => n,
      ),
    ].reduce((sum, [n, q]) => sum + n * q, 0);
    expect(Math.abs((cells[1]?.value as number) - mean)).toBeLessThan(0.05);
    expect(cells[1]?.interval?.[0]).toBeGreaterThanOrEqual(0);
    expect(expected.columns[3]).toEqual(holed.columns[3]);
    for (const table of [...drawn, expected]) {
      expect(
        table.columns.slice(0, 3).every((column) => column.kind === "number" || column.missing === undefined),
      ).toBe(true);
      expect(Array.from(table.columns[1]?.values as Float64Array).some(Number.isNaN)).toBe(false);
      expect(table.columns[0]?.values.slice(1)).toEqual(["x", "y"]);
    }
  });

  test("a table without holes comes back, and options out of range are refused", () => {
    const whole = createTable([
      { name: "a", kind: "text", values: ["x"] },
      { name: "n", kind: "number", values: Float64Array.of(1) },
      { name: "b", kind: "text", values: ["w"] },
    ]);
    expect(imputeTable(questions, whole, { key })).toEqual({ drawn: [whole], expected: whole, cells: [], poor: [] });
    expect(() => imputeTable(questions, whole, { key, draws: 0 })).toThrow("draws to be an integer from 1, got 0");
    expect(() => imputeTable(questions, whole, { key, level: 1 })).toThrow("a level between 0 and 1, got 1");
    expect(() => imputeTable(questions, { rows: 0, columns: [] }, { key })).toThrow('"a"');
    expect(() => imputeTable(questions, whole, { key, columns: ["a", "nosuch"] })).toThrow(
      'imputeTable: expected columns of the model, "a", "n", "b", got "nosuch".',
    );
  });
});

describe("a marginal log-density", () => {
  test("is the sum over what is missing, also where a missing cell is a value of its column", () => {
    const holed = createTable([
      { name: "a", kind: "text", values: ["", "x", "y", ""], missing: new Set([0, 3]) },
      { name: "n", kind: "number", values: Float64Array.of(1, Number.NaN, 2, Number.NaN) },
      { name: "b", kind: "text", values: ["w", "", "u", "u"], missing: new Set([1]) },
    ]);
    const { logProb, poor } = marginalLogProb(questions, holed, { key, draws: 4000 });
    const sumOf = (is: (row: (typeof all)[number]) => boolean): number =>
      Math.log(all.filter(is).reduce((sum, { p }) => sum + p, 0));
    const expected = [
      sumOf(({ n, b }) => n === 1 && b === "w"),
      sumOf(({ a }) => a === "x"),
      sumOf(({ a, n, b }) => a === "y" && n === 2 && b === "u"),
      sumOf(({ b }) => b === "u"),
    ];
    for (const [row, value] of expected.entries())
      expect(Math.abs((logProb[row] as number) - value)).toBeLessThan(0.03);
    expect(poor).toEqual([]);
    expect(() => marginalLogProb(questions, holed, { key, draws: 0 })).toThrow("draws to be an integer from 1, got 0");
  });
});

test("a model with context columns is refused, and nothing leaks", async () => {
  const { model: conditional } = await fitTableDensity(rows(), {
    key,
    hidden: [8],
    maxEpochs: 1,
    members: 1,
    context: ["a"],
  });
  await expect(askTable(conditional, { key })).rejects.toThrow(
    "a model of all columns, got one with the context columns a",
  );
  const before = tf.memory().numTensors;
  questions.given({ b: "w" }, { key });
  expect(tf.memory().numTensors).toBe(before);
  conditional.dispose();
});
