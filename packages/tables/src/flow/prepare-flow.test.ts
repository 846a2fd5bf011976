import { useBackend } from "@pushforward/backend";
import { createKey, DataError, ndArray } from "@pushforward/core";
import { penguins } from "@pushforward/datasets";
import { createFlow, logProbRows } from "@pushforward/flows";
import { beforeAll, expect, test } from "vitest";
import { holdOutCount } from "../split-rows.ts";
import { type ColumnChoice, chooseColumns, type FlowSizes, gaussianNll, meanNll, prepareFlow } from "./prepare-flow.ts";
import { rowStatistics, splineBound, standardizeRows } from "./standardize-rows.ts";

beforeAll(() => useBackend("cpu"));

const rows = {
  x: ndArray(
    [40, 2],
    Float64Array.from(createKey(0).normal(80), (z, i) => (i % 2 === 0 ? 1e9 + 3 * z : z / 2)),
  ),
  context: ndArray(
    [40, 1],
    Float64Array.from(createKey(1).normal(40), (z) => 2000 + 9 * z),
  ),
};

test("a prepared flow and its rows are those of the table", () => {
  let sizes: FlowSizes | undefined;
  const prepared = prepareFlow(rows, rows, 3, (of) => {
    sizes = of;
    return createFlow("maf", { ...of, transforms: 1, hidden: [4] });
  });
  expect(sizes).toMatchObject({ features: 2, context: 1, bound: 5 });
  const { flow, inner, train, logVolume } = prepared;
  const inUnits = logProbRows(flow, rows.x, rows.context);
  const inner0 = logProbRows(inner, train.x, train.context);
  for (const [i, value] of inUnits.entries()) expect(value).toBeCloseTo((inner0[i] as number) - logVolume, 5);
  expect(meanNll(flow, rows)).toBeCloseTo(-inUnits.reduce((a, b) => a + b, 0) / 40, 12);
  flow.dispose();
});

test("one row is too few", () => {
  const one = { x: ndArray([1, 2], Float64Array.of(1, 2)) };
  expect(() => prepareFlow(one, one, 0, (of) => createFlow("maf", of))).toThrow(
    "train: expected at least 2 training rows, got 1.",
  );
});

test("one-hot blocks keep their units", () => {
  const context = ndArray([2, 3], Float64Array.of(1, 0, 5, 0, 1, 9));
  const x = ndArray([2, 1], Float64Array.of(1, 3));
  const statistics = rowStatistics({ x, context }, [[0, 1]]);
  expect(standardizeRows({ x, context }, statistics).context?.data).toEqual(Float64Array.of(1, 0, -1, 0, 1, 1));
  expect(statistics.logVolume).toBe(0);
});

test("the box holds the rows, from 5 to 8 standard deviations", () => {
  expect([0.1, -5.2, 50].map((z) => splineBound(ndArray([1, 1], Float64Array.of(z))))).toEqual([5, 6, 8]);
});

test("the number of rows that are held out", () => {
  expect([3, 15, 40, 1000].map((count) => holdOutCount(count))).toEqual([1, 7, 10, 100]);
  expect(holdOutCount(100, { fraction: 0.25, least: 30 })).toBe(30);
});

test("without a choice the numeric columns are modeled", () => {
  const { columns, context } = chooseColumns(penguins());
  expect(columns).toEqual(["bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g"]);
  expect(context).toEqual([]);
});

test("columns to condition on are not modeled; categories are sorted", () => {
  const layout = chooseColumns(penguins(), { context: ["species", "body_mass_g"] });
  expect(layout.columns).not.toContain("body_mass_g");
  expect(layout.context).toEqual([
    { name: "species", kind: "category", categories: ["Adelie", "Chinstrap", "Gentoo"] },
    { name: "body_mass_g", kind: "number" },
  ]);
});

test.each([
  [{ columns: ["wings"] }, 'p.csv: expected a column "wings", got the columns'],
  [{ columns: ["species"] }, 'p.csv, column "species": expected numbers, got text. Name it in context to condition'],
  [
    { columns: ["body_mass_g"], context: ["body_mass_g"] },
    'column "body_mass_g" is named both as a column and as context',
  ],
  [{ context: ["species"], splitColumn: "species" }, 'column "species" is named both as context and as split.'],
  [{ columns: [] }, "p.csv: expected at least one numeric column, got none."],
  [
    { context: ["species"], maxCategories: 2 },
    'p.csv, column "species": expected at most 2 different texts in a context column, got 3. Leave the column out.',
  ],
] satisfies [ColumnChoice, string][])("a choice that cannot be is refused: %j", (choice, text) => {
  expect(() => chooseColumns(penguins(), choice, "p.csv")).toThrow(DataError);
  expect(() => chooseColumns(penguins(), choice, "p.csv")).toThrow(text);
});

test("the remedy of a text column names its option", () => {
  let error: unknown;
  try {
    chooseColumns(penguins(), { columns: ["species"] });
  } catch (thrown) {
    error = thrown;
  }
  expect((error as DataError).tell(({ option }) => `--${option}`)).toContain("Name it in --context to condition on it");
});

function part(rows: readonly (readonly number[])[]): { x: ReturnType<typeof ndArray> } {
  return { x: ndArray([rows.length, rows[0]?.length ?? 0], Float64Array.from(rows.flat())) };
}

const TRAIN = [
  [0, 0],
  [2, 1],
  [1, 3],
  [-1, 0.5],
  [0.5, -2],
];
const TEST = [
  [0.3, 0.7],
  [1, -1],
];

const SCIPY = 2.6666440320697533;

test("is that of the fitted Gaussian", () => {
  // scipy.stats.multivariate_normal(T.mean(0), np.cov(T.T, bias=True)).logpdf(S)
  expect(gaussianNll(part(TRAIN), part(TEST))).toBeCloseTo(SCIPY, 12);
});

test("an offset of 1e9 does not matter", () => {
  const moved = (rows: readonly (readonly number[])[]) => rows.map(([a, b]) => [(a as number) + 2 ** 30, b as number]);
  expect(gaussianNll(part(moved(TRAIN)), part(moved(TEST)))).toBeCloseTo(SCIPY, 6);
});

test("there is none for constant or collinear columns", () => {
  expect(gaussianNll(part(TRAIN.map(([a]) => [a as number, 0.1])), part([[0, 0.1]]))).toBeUndefined();
  expect(gaussianNll(part(TRAIN.map(([a]) => [a as number, 3 * (a as number)])), part([[0, 0]]))).toBeUndefined();
});
