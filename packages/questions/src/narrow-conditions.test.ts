import { useBackend } from "@pushforward/backend";
import { createKey, OptionError } from "@pushforward/core";
import type { NumberColumn, Table } from "@pushforward/datasets";
import { createTable } from "@pushforward/datasets/extend";
import { MultivariateNormal } from "@pushforward/distributions";
import { Flow } from "@pushforward/flows";
import { fitTableDensity, type RowDensity } from "@pushforward/tables";
import { AffineElementwise } from "@pushforward/transforms";
import { beforeAll, expect, test } from "vitest";
import { DEEP } from "../../testing/test/deep.ts";
import { askTable } from "./index.ts";

const key = createKey(20261207);
const ROWS = 600;

/** Integers on a grid, real numbers of which some are missing and some are equal, and a word that depends on both. */
function rows(seed: number): Table {
  const own = key.fold(seed);
  const [u, v, z] = [own.fold("u").uniform(ROWS), own.fold("v").uniform(ROWS), own.normal(ROWS)];
  const steps = Float64Array.from(u, (x) => 5 * Math.floor(400 * x ** (1 + (seed % 3))));
  const reals = Float64Array.from(z, (x, i) => {
    const share = v[i] as number;
    return share < 0.1 ? Number.NaN : share < 0.25 ? 1.5 : x * 10 ** (seed % 4) + (steps[i] as number) / 1000;
  });
  return createTable([
    { name: "steps", kind: "number", values: steps },
    { name: "reals", kind: "number", values: reals },
    {
      name: "word",
      kind: "text",
      values: Array.from(reals, (x, i) => (x > 0 ? "up" : (steps[i] as number) > 900 ? "far" : "down")),
    },
  ]);
}

beforeAll(() => useBackend("wasm"));

/** Bounds from a step, or a millionth of the range, to a tail. */
function randomRange(sorted: Float64Array, step: number, own: ReturnType<typeof createKey>) {
  const [a = 0, b = 0, c = 0] = own.uniform(3);
  const [low, high] = [sorted[0] as number, sorted.at(-1) as number];
  const at = sorted[Math.floor(a * sorted.length)] as number;
  if (b < 0.2) return { min: high - 1e-3 * (high - low), max: high };
  const width = b < 0.6 ? step || 1e-6 * (high - low) : 10 ** (-6 * c) * (high - low);
  return { min: at, below: at + width };
}

test.each(Array.from({ length: DEEP ? 8 : 3 }, (_, seed) => seed))(
  "each row given a range meets it, in intervals down to a step or a millionth of the range: table %i",
  async (seed) => {
    const table = rows(seed);
    const { model } = await fitTableDensity(table, { key, hidden: [8], maxEpochs: 3, members: 1, folds: 1 });
    const questions = await askTable(model, { key, rows: 500 });
    for (let i = 0; i < 30; i++) {
      const own = key.fold("range").fold(seed).fold(i);
      const name = i % 2 === 0 ? "reals" : "steps";
      const numbers = table.columns.find((column) => column.name === name)?.values as Float64Array;
      const range = randomRange(numbers.filter((x) => !Number.isNaN(x)).sort(), i % 2 === 0 ? 0 : 5, own);
      const word = i % 5 === 0 ? { word: "up" } : {};
      const answer = questions.given({ [name]: range, ...word }, { key: own, draws: 100, rows: 8000 });
      const drawn = answer.sample(own, 50);
      const { values } = drawn.columns.find((column) => column.name === name) as NumberColumn;
      const isMet = (x: number): boolean =>
        x >= range.min && (range.below === undefined ? x <= range.max : x < range.below);
      expect(values.every(isMet), `${name} ${JSON.stringify(range)}`).toBe(true);
      if (i % 5 === 0) expect(new Set(drawn.columns[2]?.values as readonly string[])).toEqual(new Set(["up"]));
    }
    questions.dispose();
    model.dispose();
  },
);

test("the evidence of a narrow range is its probability, for numbers on a grid and for real numbers", async () => {
  const { model } = await fitTableDensity(rows(1), { key, hidden: [8], maxEpochs: 3, members: 1, folds: 1 });
  const questions = await askTable(model, { key, rows: 500 });
  const drawn = model.sample(key.fold("drawn"), 40_000);
  const ranges = {
    steps: [
      [100, 105],
      [800, 815],
      [1500, 1505],
    ],
    reals: [
      [0.5, 0.9],
      [-3, -2.5],
      [1.4, 1.6],
    ],
  } as const;
  for (const [name, bounds] of Object.entries(ranges)) {
    const { values } = drawn.columns.find((column) => column.name === name) as NumberColumn;
    for (const [min, below] of bounds) {
      const count = values.filter((x) => x >= min && x < below).length;
      const answer = questions.given({ [name]: { min, below } }, { key, draws: 500 });
      const error = Math.sqrt(1 / count + 1 / answer.effectiveSampleSize);
      expect(count).toBeGreaterThan(10);
      const ratio = Math.exp(answer.logEvidence) / (count / drawn.rows);
      expect(Math.abs(Math.log(ratio)), `${name} ${min}: ${ratio}`).toBeLessThan(4 * error);
    }
  }
  questions.dispose();
  model.dispose();
});

test("a flow has the probability of a narrow interval, and of a tail of 1e-6", async () => {
  const covariance = [
    [1, 0.8],
    [0.8, 1],
  ];
  const flow = new Flow(new MultivariateNormal({ mean: [0, 0], covariance }), new AffineElementwise({ features: 2 }));
  const asked = await askTable(flow, { key, columns: ["x", "y"], rows: 1000 });
  const narrow = asked.given({ x: { min: 0.5, below: 0.5001 } }, { key, draws: 500 });
  expect(Math.exp(narrow.logEvidence) / (1e-4 * 0.352065)).toBeCloseTo(1, 1);
  expect(narrow.mean("y")).toBeCloseTo(0.4, 1);
  const { values } = narrow.sample(key, 100).columns[0] as NumberColumn;
  expect(values.every((x) => x >= 0.5 && x < 0.5001)).toBe(true);
  asked.dispose();
});

test("a condition that no draw meets is an error with a bound of its probability", async () => {
  const model = { ...(await impossible()) };
  const questions = await askTable(model, { key, rows: 200 });
  const ask = () => questions.given({ sum: { min: 3.5, below: 3.500001 } }, { key, draws: 10, rows: 600 });
  expect(ask).toThrow(OptionError);
  expect(ask).toThrow(/which none of 600 draws meets: their probability is below 0.0050 \(95 % confidence\)\.$/);
  questions.dispose();
});

/** Real numbers, and a column that follows from them: a range of it has no density to draw from. */
async function impossible(): Promise<RowDensity> {
  const values = Float64Array.from(key.normal(200), Math.fround);
  return {
    columns: [{ name: "x" }, { name: "sum", dependent: {} }],
    context: [],
    logProb: ({ rows: count }) => new Float64Array(count),
    sample: (_, count) => {
      const x = Float64Array.from({ length: count }, (__, i) => values[i % values.length] as number);
      return createTable([
        { name: "x", kind: "number", values: x },
        { name: "sum", kind: "number", values: x.map((one) => 2 * one) },
      ]);
    },
    support: () => ({ low: -10, high: 10 }),
  };
}
