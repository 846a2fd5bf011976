import { useBackend } from "@pushforward/backend";
import { createKey, DataError, OptionError } from "@pushforward/core";
import type { Table } from "@pushforward/datasets";
import { createTable } from "@pushforward/datasets/extend";
import { maf } from "@pushforward/flows";
import { beforeAll, expect, test } from "vitest";
import { fitTableDensity } from "../density/fit/fit-table-density.ts";
import type { TableDensity } from "../density/table-density.ts";
import { TableMixture } from "../mixtures/table-mixture.ts";
import { flowContext, NumericFlow, SoftLog } from "./numeric-flow.ts";

const key = createKey(20261127);
const ROWS = 120;
const SCALE = 0.3;

/** A group with gaps, a count with gaps, a width that may be below 0, and a height that is above 0. */
function someRows(rows = ROWS): Table {
  const noise = (name: string): ArrayLike<number> => key.fold(name).normal(rows);
  const [u, v, z, e] = [noise("group"), noise("count"), noise("width"), noise("height")];
  const at = (values: ArrayLike<number>, row: number): number => values[row] as number;
  const groups = Array.from(u, (x) => (x < -1 ? "" : x < 0.2 ? "a" : "b"));
  return createTable([
    {
      name: "group",
      kind: "text",
      values: groups,
      missing: new Set(groups.flatMap((group, row) => (group === "" ? [row] : []))),
    },
    {
      name: "count",
      kind: "number",
      values: Float64Array.from(v, (x) => (x > 1.2 ? Number.NaN : Math.round(2 * Math.abs(x)))),
    },
    { name: "width", kind: "number", values: Float64Array.from(z, (x, row) => x + (groups[row] === "a" ? 3 : 0)) },
    {
      name: "height",
      kind: "number",
      values: Float64Array.from(e, (x, row) => Math.exp(0.5 * x + 0.3 * at(z, row))),
    },
  ]);
}

async function fitted(): Promise<{ density: TableDensity; flow: NumericFlow }> {
  const { model: density } = await fitTableDensity(someRows(), { key, hidden: [8], maxEpochs: 3, folds: 2 });
  const columns = ["width", "height"];
  const context = flowContext(density.columns, columns, someRows())?.values.shape[1];
  const flow = maf({ features: 2, context, key: key.fold("flow"), transforms: 1, hidden: [8] });
  return { density, flow: new NumericFlow({ columns, scales: [0, SCALE], flow }) };
}

beforeAll(() => useBackend("cpu"));

test("text for numbers and scales that are not those of the columns are refused", async () => {
  const { density, flow } = await fitted();
  const text = createTable([
    ...someRows(3).columns.slice(0, 3),
    { name: "height", kind: "text", values: ["tall", "tall", "tall"] },
  ]);
  expect(() => flow.logProb(text, density.columns)).toThrow(DataError);
  expect(() => new NumericFlow({ columns: ["a"], scales: [], flow: flow.flow })).toThrow(OptionError);
  density.dispose();
  flow.dispose();
});

test("in a mixture it leaves the other columns to the networks, and the cells have the sum of the row", async () => {
  const { density, flow } = await fitted();
  using model = new TableMixture({ density, members: [flow], weights: [0.3] });
  const table = someRows(50);
  const cells = density.cellLogProb(table);
  const joint = flow.logProb(table, density.columns);
  const logProb = model.logProb(table);
  const parts = model.cellLogProb(table);
  for (const [row, value] of logProb.entries()) {
    const at = (k: number): number => (cells[k] as Float64Array)[row] as number;
    const others = Math.exp(at(0) + at(1));
    const whole = 0.7 * others * Math.exp(at(2) + at(3)) + 0.3 * others * Math.exp(joint[row] as number);
    expect(value).toBeCloseTo(Math.log(whole), 9);
    expect(parts.reduce((sum, column) => sum + (column[row] as number), 0)).toBeCloseTo(value, 9);
    for (const k of [0, 1]) expect((parts[k] as Float64Array)[row]).toBeCloseTo(at(k), 9);
  }
  const drawn = model.sample(key, 30);
  expect(new Set(drawn.columns.map(({ name }) => name))).toEqual(new Set(["group", "count", "width", "height"]));
  const early = new NumericFlow({ columns: ["count", "width"], scales: [0, 0], flow: flow.flow });
  expect(() => new TableMixture({ density, members: [early], weights: [0.3] })).toThrow(/the last columns/);
});

test.each([0.01, 1, 300])("is a bijection with the slope that it tells, scale %d", (scale) => {
  const log = new SoftLog(scale);
  for (const t of [1e-12, 1e-3, 0.1, 1, 5, 30, 1e4]) {
    const x = t * scale;
    expect(log.inverse(log.forward(x)) / x).toBeCloseTo(1, 9);
    const h = 1e-5 * x;
    const slope = (log.forward(x + h) - log.forward(x - h)) / (2 * h);
    expect(log.logSlope(x)).toBeCloseTo(Math.log(slope), 5);
  }
});

test("is the logarithm near 0, and nearly the number itself far above the scale", () => {
  const log = new SoftLog(2);
  expect(log.forward(2e-9)).toBeCloseTo(2 * Math.log(1e-9), 6);
  expect(log.forward(100)).toBeCloseTo(100, 12);
  // No draw is below 0, and none overflows.
  expect(log.inverse(-50)).toBeGreaterThan(0);
  expect(log.inverse(1e6)).toBe(1e6);
});
