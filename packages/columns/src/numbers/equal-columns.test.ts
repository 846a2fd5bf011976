import { createKey } from "@pushforward/core";
import type { Table } from "@pushforward/datasets";
import { expect, test } from "vitest";
import { findVariables } from "../finding/find-variable.ts";
import { equalColumns, withGridsOfTerms } from "./equal-columns.ts";

const ROWS = 800;
const [keyOfA, keyOfB] = createKey(6).split(2);

/** Numbers from 0 to 1,000 with decimals, which hardly repeat. */
const spread = (key: typeof keyOfA, decimals: number): number[] =>
  Array.from(key.uniform(ROWS), (u) => Math.round(u * 1000 * 10 ** decimals) / 10 ** decimals);

function tableOf(decimals: number, change: (b: number, a: number, row: number) => number): Table {
  const a = spread(keyOfA, decimals);
  const b = spread(keyOfB, decimals).map((value, row) => change(value, a[row] as number, row));
  const texts = [a, b].map((values) => values.map((value) => (Number.isNaN(value) ? "" : value.toFixed(decimals))));
  return {
    rows: ROWS,
    columns: texts.map((values, j) => ({ name: ["a", "b"][j] as string, kind: "text", values })),
  };
}

const everyTenth = (b: number, a: number, row: number): number => (row % 10 === 0 ? a : b);

test.each<[string, number, Parameters<typeof tableOf>[1], number | undefined]>([
  ["a copy in each tenth row", 2, everyTenth, 0.01],
  ["a copy in each tenth row, with five decimals", 5, everyTenth, 1e-5],
  ["the larger of a and another number", 3, (b, a) => Math.max(a, b), 0.001],
  [
    "a copy in each tenth row, with missing cells",
    2,
    (b, a, row) => (row % 4 === 1 ? Number.NaN : everyTenth(b, a, row)),
    0.01,
  ],
  ["no copies", 2, (b) => b, undefined],
  ["copies in each hundredth row", 2, (b, a, row) => (row % 100 === 0 ? a : b), undefined],
  ["a rounded number close to a", 2, (_, a, row) => a + ((row % 5) - 2) / 100, undefined],
  ["a copy in all rows", 2, (_, a) => a, undefined],
  ["more decimals than a grid has", 11, everyTenth, undefined],
])("the grid of a column of real numbers: %s", (_, decimals, change, step) => {
  const { variables, table } = findVariables(tableOf(decimals, change));
  expect(variables.map(({ kind }) => kind)).toEqual(["real", "real"]);
  expect(equalColumns(variables, table)).toEqual(step === undefined ? [] : [["a", "b"]]);
  expect(variables.map((variable) => variable.step)).toEqual([step, step]);
});

test("a few numbers that are often equal, such as 0, make no copies", () => {
  const { columns } = tableOf(2, everyTenth);
  const zeros = columns.map(({ name, values }) => ({
    ...{ name, kind: "text" as const },
    values: Array.from(values as readonly string[], (text, row) => (row % 10 === 0 ? "0.00" : text)),
  }));
  const { variables, table } = findVariables({ rows: ROWS, columns: zeros });
  expect(equalColumns(variables, table)).toEqual([]);
});

test("terms and results of computed columns have the grid of their decimals", () => {
  const { variables } = findVariables(tableOf(2, (b) => b));
  const stepsOf = (relation: Parameters<typeof withGridsOfTerms>[1][number]["relation"]): (number | undefined)[] =>
    withGridsOfTerms(variables, [{ column: "b", from: ["a"], relation }]).map(({ step }) => step);
  expect(stepsOf({ type: "linear", weights: [0.19], plus: 0 })).toEqual([0.01, 0.01]);
  expect(stepsOf({ type: "bins" })).toEqual([undefined, undefined]);
});
