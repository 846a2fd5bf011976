import { createKey, DataError, OptionError } from "@pushforward/core";
import { penguins, type Table } from "@pushforward/datasets";
import { createTable, takeTableRows } from "@pushforward/datasets/extend";
import { expect, test } from "vitest";
import { columnShapes, columnTrends } from "./column-shapes.ts";
import { tableC2st } from "./table-c2st.ts";

const key = createKey(7);

function numbers(name: string, values: readonly number[]): Table["columns"][number] {
  return { name, kind: "number", values: Float64Array.from(values) };
}

function texts(name: string, values: readonly string[], missing: readonly number[] = []): Table["columns"][number] {
  return { name, kind: "text", values, missing: new Set(missing) };
}

const real = createTable([
  numbers("x", [0, 1, 2, 3, 4, 5, 6, 7, 8, 10]),
  numbers("y", [0, 1, 2, Number.NaN, 4, 5, 6, 7, 8, 10]),
  texts("c", ["a", "a", "a", "a", "a", "b", "b", "b", "", ""], [8, 9]),
]);
const synthetic = createTable([
  numbers("x", [0, 0, 0, 0, 0, 5, 6, 7, 8, 10]),
  numbers("y", [9, 8, 7, Number.NaN, 5, 4, 3, 2, 1, 0]),
  texts("c", ["a", "a", "b", "b", "b", "b", "b", "", "", "missing"], [7, 8]),
]);

test("shape is one minus the Kolmogorov–Smirnov statistic, or the total variation of categories", () => {
  const { score, columns } = columnShapes(real, synthetic);
  const [x, y, c] = columns.map((column) => column.score);
  // Half of the rows are 0 there, a tenth here.
  expect(x).toBeCloseTo(1 - 0.4, 12);
  // scipy.stats.ks_2samp of the nine numbers of each.
  expect(y).toBeCloseTo(1 - 1 / 9, 12);
  // a .5 → .2, b .3 → .5, missing .2 → .2, and the word "missing", which is another: .1.
  expect(c).toBeCloseTo(1 - 0.3, 12);
  expect(score).toBeCloseTo(((x ?? 0) + (y ?? 0) + (c ?? 0)) / 3, 12);
});

test("missing cells at another rate lower the shape, and a column without values has none", () => {
  const gaps = (count: number): Table =>
    createTable([
      numbers(
        "x",
        Array.from({ length: 10 }, (_, i) => (i < count ? Number.NaN : 1)),
      ),
    ]);
  expect(columnShapes(gaps(1), gaps(4)).score).toBeCloseTo(0.7, 12);
  expect(columnShapes(gaps(1), gaps(10)).score).toBe(0);
  expect(columnShapes(gaps(10), gaps(10)).score).toBe(1);
});

test("trend compares correlations of numbers and joint frequencies of others", () => {
  const { pairs, score } = columnTrends(real, synthetic);
  const trend = Object.fromEntries(pairs.map(({ names, score }) => [names.join(), score]));
  // numpy.corrcoef over the nine complete rows: 1 and −0.94136.
  expect(trend["x,y"]).toBeCloseTo(1 - (1 + 0.9413574486632833) / 2, 12);
  // Bins of width 1 from 0, the last one with 10. The differences of shares: (0, a) .1, (1 to 4, a) .4, (0, b) .3, and .1
  // each of (7, b), (7, missing), (9, missing) and (9, the word).
  expect(trend["x,c"]).toBeCloseTo(1 - 1.2 / 2, 12);
  expect(score).toBeCloseTo(pairs.reduce((sum, pair) => sum + pair.score, 0) / 3, 12);
  expect(columnTrends(real, real).score).toBe(1);
  const single = createTable([numbers("x", [1, 2])]);
  expect(columnTrends(single, single)).toEqual({ score: Number.NaN, pairs: [] });
});

test("correlations of constants agree, and differ from all others", () => {
  const of = (a: readonly number[], b: readonly number[]): Table => createTable([numbers("a", a), numbers("b", b)]);
  expect(columnTrends(of([1, 1, 1], [1, 2, 3]), of([4, 4, 4], [1, 2, 3])).score).toBe(1);
  expect(columnTrends(of([1, 1, 1], [1, 2, 3]), of([1, 2, 3], [1, 2, 3])).score).toBe(0);
});

test("the classifier test sees dependence and missing cells, and not what is equal", () => {
  const n = 800;
  const rows = (name: string, dependence: number, gap: number): Table => {
    const [x, z] = [key.fold(`${name} x`).normal(n), key.fold(`${name} z`).normal(n)];
    const u = key.fold(`${name} gaps`).uniform(n);
    const y = Array.from(x, (value, i) => dependence * value + Math.sqrt(1 - dependence ** 2) * (z[i] as number));
    return createTable([
      numbers("x", Array.from(x)),
      numbers(
        "y",
        y.map((value, i) => ((u[i] as number) < gap ? Number.NaN : value)),
      ),
      texts(
        "sign",
        y.map((value) => (value > 0 ? "+" : "-")),
      ),
    ]);
  };
  const options = { key, rounds: 30, depth: 3 };
  const own = rows("real", 0.8, 0.1);
  expect(tableC2st(own, rows("same", 0.8, 0.1), options).score).toBeGreaterThan(0.9);
  expect(tableC2st(own, rows("independent", 0, 0.1), options).score).toBeLessThan(0.6);
  expect(tableC2st(own, rows("gaps", 0.8, 0.9), options).score).toBeLessThan(0.3);
});

test("the same key gives the same result, and the longer table lends as many rows", () => {
  const few = takeTableRows(penguins(), [0, 50, 100, 150, 200, 250, 300]);
  const [first, second] = [0, 1].map(() => tableC2st(penguins(), few, { key, rounds: 2 }));
  expect(first).toEqual(second);
  expect(first?.rows).toBe(7);
  expect(first?.areas.length).toBe(3);
});

test("refuses tables that do not fit each other", () => {
  const few = takeTableRows(penguins(), [0, 1]);
  expect(() => tableC2st(few, few, { key })).toThrow(OptionError);
  const none = takeTableRows(penguins(), []);
  for (const score of [columnShapes, columnTrends]) {
    expect(() => score(penguins(), none)).toThrow(DataError);
    expect(() => score(penguins(), real)).toThrow(/expected a column "species"/);
    expect(() => score(real, createTable([texts("x", ["1"]), numbers("y", [1]), texts("c", ["a"])]))).toThrow(
      /column "x" to hold numbers/,
    );
    expect(() => score({ rows: 0, columns: [] }, real)).toThrow(DataError);
  }
});
