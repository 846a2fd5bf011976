import { useBackend } from "@pushforward/backend";
import type { DependentColumn } from "@pushforward/columns";
import { createKey } from "@pushforward/core";
import type { Table } from "@pushforward/datasets";
import { createTable } from "@pushforward/datasets/extend";
import { beforeAll, describe, expect, test } from "vitest";
import { fitTableDensity } from "./fit/fit-table-density.ts";
import type { TableDensity } from "./table-density.ts";

const key = createKey(20261202);
const DAY = 86_400;
const START = Date.UTC(2025, 0, 1) / 1000;

const month = (date: number): number => new Date(1000 * date).getUTCMonth() + 1;
const day = (date: number): number => new Date(1000 * date).getUTCDate();

/** Rows with a date that no other row has, its parts, and a number that depends on the month. */
function rowsOf(dates: readonly number[], sizes: readonly number[]): Table {
  return createTable([
    { name: "date", kind: "number", values: Float64Array.from(dates) },
    { name: "size", kind: "number", values: Float64Array.from(sizes) },
    { name: "month", kind: "number", values: Float64Array.from(dates, month) },
    { name: "day", kind: "number", values: Float64Array.from(dates, day) },
  ]);
}

const relations: readonly DependentColumn[] = [
  { column: "month", from: ["date"], relation: { type: "datePart", part: "month" } },
  { column: "day", from: ["date"], relation: { type: "datePart", part: "day" } },
];

beforeAll(() => useBackend("cpu"));

describe.each([
  ["a date by its frequencies alone", ["date", "size", "month", "day"]],
  ["a date given a number", ["size", "date", "month", "day"]],
])("%s", (_, columns) => {
  let model: TableDensity;
  beforeAll(async () => {
    const noise = key.fold("size").uniform(360);
    const dates = Array.from({ length: 360 }, (_, i) => START + i * DAY);
    const sizes = dates.map((date, i) => Math.min(3, Math.floor((noise[i] as number) * (1 + month(date) / 4))));
    const options = { key, hidden: [8], maxEpochs: 8, folds: 2, columns, relations, steps: new Map([["date", DAY]]) };
    ({ model } = await fitTableDensity(rowsOf(dates, sizes), options));
  });

  test.each([
    ["its month", ["month"]],
    ["its day, which 12 months have", ["day"]],
    ["both, which leave one date", ["month", "day"]],
  ])("draws of a date agree with %s, and their weights sum to the density of the known cells", (_, known) => {
    const { low = 0, high = 0 } = model.support("date") ?? {};
    const first = Math.ceil((low - START) / DAY);
    const all = Array.from(
      { length: Math.floor((high - START) / DAY) - first + 1 },
      (_, i) => START + (first + i) * DAY,
    );
    const given = { month: 5, day: 17 };
    const agree = all.filter(
      (date) =>
        (!known.includes("month") || month(date) === given.month) &&
        (!known.includes("day") || day(date) === given.day),
    );
    const density = model
      .logProb(
        rowsOf(
          agree,
          agree.map(() => 2),
        ),
      )
      .map(Math.exp);
    const exact = density.reduce((sum, p) => sum + p, 0);
    const table = createTable([
      { name: "date", kind: "number", values: Float64Array.of(0) },
      { name: "size", kind: "number", values: Float64Array.of(2) },
      { name: "month", kind: "number", values: Float64Array.of(given.month) },
      { name: "day", kind: "number", values: Float64Array.of(given.day) },
    ]);
    const holes = new Map(
      ["date", "month", "day"].filter((name) => !known.includes(name)).map((name) => [name, Uint8Array.of(1)]),
    );
    for (const mayBeMissing of [true, false]) {
      const drawn = model.drawHoles({ table, holes, times: 400, mayBeMissing, isInOrder: true, key }, []);
      const dates = drawn.table.columns.find(({ name }) => name === "date")?.values as Float64Array;
      expect(Array.from(dates).every((date) => agree.includes(date))).toBe(true);
      const weights = drawn.logWeights.map(Math.exp);
      const total = weights.reduce((sum, w) => sum + w, 0);
      expect(Math.abs(total / 400 / exact - 1)).toBeLessThan(0.1);
      // The mean date, in days from the first one.
      const mean = weights.reduce((sum, w, i) => sum + (w * ((dates[i] as number) - START)) / DAY / total, 0);
      const expected = density.reduce((sum, p, i) => sum + (p * ((agree[i] as number) - START)) / DAY / exact, 0);
      expect(Math.abs(mean - expected)).toBeLessThan(known.includes("month") ? 1.5 : 12);
    }
  });
});
