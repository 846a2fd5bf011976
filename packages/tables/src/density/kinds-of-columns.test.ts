import { useBackend } from "@pushforward/backend";
import { findVariables, parseDeclarations, type TypedTable } from "@pushforward/columns";
import { createKey } from "@pushforward/core";
import type { Column, Table } from "@pushforward/datasets";
import { createTable } from "@pushforward/datasets/extend";
import { beforeAll, describe, expect, test } from "vitest";
import { codingFromJson, codingToJson } from "./coding/coding-json.ts";
import { fitNumberCoding } from "./coding/fit-number-coding.ts";
import type { DensityColumn } from "./density-column.ts";
import { fitTableDensity } from "./fit/fit-table-density.ts";

const key = createKey(20261127);
const small = { key, hidden: [16], maxEpochs: 8, folds: 2 } as const;
const ROWS = 900;
const u = key.fold("u").uniform(ROWS);
const z = key.fold("z").normal(ROWS);

/** A group, and numbers that depend on it. */
function grouped(numbers: (i: number, isLow: boolean) => number): Table {
  const isLow = (i: number): boolean => (u[i] as number) < 0.4;
  return createTable([
    { name: "group", kind: "text", values: Array.from(u, (_, i) => (isLow(i) ? "low" : "high")) },
    { name: "x", kind: "number", values: Float64Array.from(u, (_, i) => numbers(i, isLow(i))) },
  ]);
}

const understood = (table: Table, declared: string): TypedTable =>
  findVariables(table, { declared: parseDeclarations(declared) });

function at(values: Float64Array, group: string): Table {
  return createTable([
    { name: "group", kind: "text", values: Array.from(values, () => group) },
    { name: "x", kind: "number", values },
  ]);
}

beforeAll(() => useBackend("wasm"));

describe("numbers within bounds", () => {
  test("training rows outside of them are refused", async () => {
    const { variables } = understood(
      grouped((i) => Math.abs(z[i] as number)),
      "x:positive",
    );
    const bad = { variables, table: at(Float64Array.of(1, -2, 3), "low") };
    await expect(fitTableDensity(bad, small)).rejects.toThrow(
      'table: expected a number of at least 0 in column "x", got -2.',
    );
  });

  test("a single value, the bounds alone, and a period that no float64 holds", async () => {
    for (const values of [[0, 0, 0], [0, 1, 0, 1], [1]]) {
      const typed = understood(at(Float64Array.from(values), "low"), "x:interval(0,1)");
      const { model } = await fitTableDensity(typed, small);
      const drawn = model.sample(key, 20).columns[1]?.values as Float64Array;
      expect(drawn.every((x) => values.includes(x))).toBe(true);
      expect(model.logProb(typed.table).every(Number.isFinite)).toBe(true);
      model.dispose();
    }
    const angles = Float64Array.from(u, (x) => 2 * Math.PI * x);
    const { model } = await fitTableDensity(understood(at(angles, "low"), "x:circular(6.283185307179586)"), small);
    const drawn = model.sample(key, 3000).columns[1]?.values as Float64Array;
    expect(drawn.every((x) => x >= 0 && x < 2 * Math.PI)).toBe(true);
    model.dispose();
  });
});

test("both ends of a circle are neighbors to the columns behind it", async () => {
  const coding = fitNumberCoding({ name: "x", kind: "number", values: Float64Array.from(u, (x) => 360 * x) }, 0, {
    domain: { low: 0, high: 360, isCircular: true },
    cycles: [360],
  });
  const { features, featureCount } = coding.encode({
    name: "x",
    kind: "number",
    values: Float64Array.of(0.1, 359.9, 180),
  });
  const distance = (a: number, b: number): number =>
    Math.max(
      ...Array.from({ length: featureCount }, (_, k) =>
        Math.abs((features[a * featureCount + k] as number) - (features[b * featureCount + k] as number)),
      ),
    );
  expect(featureCount).toBe(8);
  expect(distance(0, 1)).toBeLessThan(0.03);
  expect(distance(0, 2)).toBeGreaterThan(1);
});

describe("ordered categories", () => {
  const size = (i: number): string =>
    (["S", "M", "L"] as const)[Math.min(2, Math.floor(3 * (u[i] as number)))] as string;
  const table = createTable([
    {
      name: "size",
      kind: "text",
      values: Array.from(u, (_, i) => ((u[i] as number) > 0.95 ? "" : size(i))),
      missing: new Set(Array.from(u.keys()).filter((i) => (u[i] as number) > 0.95)),
    },
    {
      name: "x",
      kind: "number",
      values: Float64Array.from(u, (_, i) => Math.round(5 * (u[i] as number) + 0.3 * (z[i] as number))),
    },
  ]);

  test("tell the columns behind them their rank", async () => {
    const { model } = await fitTableDensity(understood(table, "size:ordinal(XS<S<M<L)"), { ...small, maxEpochs: 1 });
    expect(model.columns[0]?.coding.featureCount).toBe(12);
    const size: Column = { name: "size", kind: "text", values: ["XS", "S", "M", "L", "?"] };
    const { features, featureCount } = (model.columns[0] as DensityColumn).coding.encode(size);
    const quantiles = [0, 1, 2, 3].map((i) => features[i * featureCount] as number);
    expect(quantiles).toEqual([...quantiles].sort((a, b) => a - b));
    expect(new Set(quantiles).size).toBe(4);
    // Nothing is known of the rank of a value that has none.
    expect([...features.slice(4 * featureCount)]).toEqual(new Array(featureCount).fill(0));
    model.dispose();
  });
});

test("dates tell the columns behind them the time of day, the day of the week and the day of the year", async () => {
  const rows = 3000;
  const start = Date.parse("2021-01-01T00:00:00Z") / 1000;
  const hours = Float64Array.from({ length: rows }, (_, i) => start + 3600 * 7 * i);
  const table = createTable([
    { name: "when", kind: "text", values: Array.from(hours, (x) => new Date(1000 * x).toISOString().slice(0, 16)) },
    {
      name: "open",
      kind: "text",
      values: Array.from(hours, (x) => ((x / 3600) % 24 < 12 && Math.floor(x / 86_400) % 7 < 5 ? "yes" : "no")),
    },
  ]);
  const typed = findVariables(table);
  expect(typed.variables[0]?.kind).toBe("date");
  const options = { ...small, maxEpochs: 20 };
  const { model, marginalNll, validationNll } = await fitTableDensity(typed, options);
  expect(model.columns[0]?.coding.featureCount).toBe(12 + 3 * 8);
  expect(marginalNll - validationNll).toBeGreaterThan(0.4);
  const plain = await fitTableDensity(typed.table, options);
  expect(plain.model.columns[0]?.coding.featureCount).toBe(12);
  expect(plain.validationNll - validationNll).toBeGreaterThan(0.3);
  model.dispose();
  plain.model.dispose();
});

test.each([
  [{ domain: { low: 5, high: 1 } }, "domain"],
  [{ domain: { low: 0, isCircular: true } }, "domain"],
  [{ domain: { low: 3 } }, "atoms"],
  [{ domain: { low: "0" } }, "low"],
  [{ cycles: [0] }, "cycles"],
])("a model file with %j is refused", (parts, message) => {
  const coding = fitNumberCoding({ name: "x", kind: "number", values: Float64Array.of(1, 1, 2, 2) }, 1);
  expect(() => codingFromJson({ ...(codingToJson(coding) as object), ...parts })).toThrow(message);
  expect(() => codingFromJson({ type: "category", categories: ["a"], counts: [1], levels: ["b"] })).toThrow("levels");
});
