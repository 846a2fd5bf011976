import { useBackend } from "@pushforward/backend";
import { conditionersCodecs } from "@pushforward/conditioners";
import { createKey, DataError, OptionError } from "@pushforward/core";
import { createTable, type Table } from "@pushforward/datasets";
import { distributionsCodecs } from "@pushforward/distributions";
import { flowsCodecs, maf } from "@pushforward/flows";
import { createRegistry, decodeModel, encodeModel } from "@pushforward/serialization";
import { transformsCodecs } from "@pushforward/transforms";
import { beforeAll, expect, test } from "vitest";
import { tablesCodecs } from "../codecs.ts";
import { tableDensity } from "../density/fit/fit-table-density.ts";
import type { TableDensity } from "../density/table-density.ts";
import { TableMixture } from "../table-mixture/table-mixture.ts";
import { flowContext } from "./flow-context.ts";
import { NumericFlow } from "./numeric-flow.ts";
import { SoftLog } from "./soft-log.ts";

const key = createKey(20261127);
const registry = createRegistry(
  ...conditionersCodecs,
  ...distributionsCodecs,
  ...transformsCodecs,
  ...flowsCodecs,
  ...tablesCodecs,
);
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
  const { model: density } = await tableDensity(someRows(), { key, hidden: 8, epochs: 3, folds: 2 });
  const columns = ["width", "height"];
  const context = flowContext(density.columns, columns, someRows())?.values.shape[1];
  const flow = maf({ features: 2, context, key: key.fold("flow"), transforms: 1, hidden: [8] });
  return { density, flow: new NumericFlow({ columns, scales: [0, SCALE], flow }) };
}

/** The other cells of one row beside a grid of widths and heights, and the areas of its cells: even ones for the flow. */
function grid(): { readonly table: Table; readonly areas: Float64Array } {
  const [across, up] = [120, 240];
  const [w, h] = [14 / across, 14 / up];
  const rows = across * up;
  const heights = new SoftLog(SCALE);
  const widthAt = (row: number): number => -7 + w * ((row % across) + 0.5);
  const heightAt = (row: number, place: number): number => heights.inverse(-7 + h * (Math.floor(row / across) + place));
  const cells = <T>(of: (row: number) => T): T[] => Array.from({ length: rows }, (_, row) => of(row));
  const table = createTable([
    { name: "group", kind: "text", values: cells(() => "a") },
    { name: "count", kind: "number", values: Float64Array.from(cells(() => 2)) },
    { name: "width", kind: "number", values: Float64Array.from(cells(widthAt)) },
    { name: "height", kind: "number", values: Float64Array.from(cells((row) => heightAt(row, 0.5))) },
  ]);
  return { table, areas: Float64Array.from(cells((row) => w * (heightAt(row, 1) - heightAt(row, 0)))) };
}

const rowsOf = (table: Table, rows: number): Table => ({
  rows,
  columns: table.columns.map((column) =>
    column.kind === "number"
      ? { ...column, values: column.values.slice(0, rows) }
      : { ...column, values: column.values.slice(0, rows) },
  ),
});

beforeAll(() => useBackend("cpu"));

test("the density of the numbers integrates to 1 given the other columns, and none is below 0", async () => {
  const { density, flow } = await fitted();
  const { table, areas } = grid();
  const logProb = flow.logProb(table, density.columns);
  const total = logProb.reduce((sum, value, row) => sum + Math.exp(value) * (areas[row] as number), 0);
  expect(Math.abs(total - 1)).toBeLessThan(0.01);
  const drawn = flow.sample(key, table, density.columns);
  const [width, height] = drawn.map(({ values }) => values) as [Float64Array, Float64Array];
  expect(height.every((x) => x > 0)).toBe(true);
  // Draws are in a box as often as the density says.
  const isInside = (x: number, y: number): boolean => x < 0 && y < 1;
  const grids = table.columns.map(({ values }) => values) as [unknown, unknown, Float64Array, Float64Array];
  const expected = logProb.reduce(
    (sum, value, row) =>
      sum + (isInside(grids[2][row] as number, grids[3][row] as number) ? Math.exp(value) * (areas[row] as number) : 0),
    0,
  );
  const count = width.reduce((sum, x, row) => sum + (isInside(x, height[row] as number) ? 1 : 0), 0);
  expect(Math.abs(count / table.rows - expected)).toBeLessThan(0.01);
  density.dispose();
  flow.dispose();
});

test("a number that is missing, or not above 0 where all are, has no density", async () => {
  const { density, flow } = await fitted();
  const [group, count] = rowsOf(someRows(), 3).columns;
  const table = createTable([
    group as Table["columns"][number],
    count as Table["columns"][number],
    { name: "width", kind: "number", values: Float64Array.of(1, Number.NaN, 1) },
    { name: "height", kind: "number", values: Float64Array.of(1, 1, -1) },
  ]);
  expect(Array.from(flow.logProb(table, density.columns), Number.isFinite)).toEqual([true, false, false]);
  const text = createTable([
    ...table.columns.slice(0, 3),
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
  const drawn = model.sample(key, 300);
  const heights = drawn.columns[3]?.values as Float64Array;
  // The networks draw within the range of the training rows, the flow does not.
  expect(heights.every((x) => x > 0)).toBe(true);
  expect(new Set(drawn.columns.map(({ name }) => name))).toEqual(new Set(["group", "count", "width", "height"]));
  using copy = decodeModel(encodeModel(model, registry), registry).model as TableMixture;
  expect(copy.logProb(table)).toEqual(logProb);
  expect(copy.sample(key, 30)).toEqual(model.sample(key, 30));
  const early = new NumericFlow({ columns: ["count", "width"], scales: [0, 0], flow: flow.flow });
  expect(() => new TableMixture({ density, members: [early], weights: [0.3] })).toThrow(/the last columns/);
});
