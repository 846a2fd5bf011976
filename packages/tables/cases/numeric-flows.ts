import { useBackend } from "@pushforward/backend";
import type { Table } from "@pushforward/datasets";
import { createTable, takeTableRows } from "@pushforward/datasets/extend";
import { maf } from "@pushforward/flows";
import type { TableDensityCase } from "@pushforward/testing";
import { DEEP } from "../../testing/test/deep.ts";
import type { DensityColumn } from "../src/density/density-column.ts";
import { fitTableDensity } from "../src/density/fit/fit-table-density.ts";
import { flowContext, NumericFlow } from "../src/flow/numeric-flow.ts";
import { copiesOf, key, small } from "./fitted.ts";

await useBackend("wasm");

const ROWS = 400;
/** So wide that the density at 0 is small, and an even grid sums it up. */
const SCALE = 2;

/** A group with gaps, a number, and a number above 0 that depends on both. */
function measured(): Table {
  const [u, v, w] = ["group", "width", "height"].map((name) => key.fold(name).normal(ROWS)) as [
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  const groups = Array.from(u, (x) => (x < -1 ? "" : x < 0.2 ? "a" : "b"));
  return createTable([
    {
      name: "group",
      kind: "text",
      values: groups,
      missing: new Set(groups.flatMap((group, row) => (group === "" ? [row] : []))),
    },
    { name: "width", kind: "number", values: Float64Array.from(v, (x, row) => x + (groups[row] === "a" ? 3 : 0)) },
    {
      name: "height",
      kind: "number",
      values: Float64Array.from(w, (x, row) => Math.exp(x / 2 + (v[row] as number) / 3)),
    },
  ]);
}

/** Rows of a group and a number above 0. */
export function positiveRows(): Table {
  const [u, w] = [key.fold("group").uniform(ROWS), key.fold("height").normal(ROWS)];
  return createTable([
    { name: "group", kind: "text", values: Array.from(u, (x) => (x < 0.4 ? "a" : "b")) },
    {
      name: "height",
      kind: "number",
      values: Float64Array.from(w, (x, row) => Math.exp(x / 2 + ((u[row] as number) < 0.4 ? 1 : 0))),
    },
  ]);
}

async function columnsOf(table: Table): Promise<readonly DensityColumn[]> {
  const { model } = await fitTableDensity(table, { ...small, signal: AbortSignal.abort() });
  const { columns } = model;
  model.dispose();
  return columns;
}

function flowOf(columns: readonly string[], scales: readonly number[], density: readonly DensityColumn[], rows: Table) {
  const context = flowContext(density, columns, rows)?.values.shape[1];
  const flow = maf({ features: columns.length, context, key: key.fold("flow"), transforms: 1, hidden: [8] });
  return new NumericFlow({ columns, scales, flow });
}

/** A flow of the number of {@link positiveRows} given their group. */
export async function positiveFlow(): Promise<NumericFlow> {
  return flowOf(["height"], [SCALE], await columnsOf(positiveRows()), positiveRows());
}

/** Evaluates a flow with the columns of its model; the remaining columns are given. */
function asks(density: readonly DensityColumn[]): NonNullable<TableDensityCase<NumericFlow>["ask"]> {
  return (flow) => ({
    logProb: (table) => flow.logProb(table, density),
    sample: (own, rows, { context = { rows: 1, columns: [] } } = {}) => {
      const places = Array.from({ length: rows * context.rows }, (_, i) => Math.floor(i / rows));
      const others = takeTableRows(context, places);
      return { rows: others.rows, columns: [...others.columns, ...flow.sample(own, others, density)] };
    },
  });
}

const density = await columnsOf(measured());
const NUMBERS = ["width", "height"];
const numbersOnly = density.filter(({ name }) => NUMBERS.includes(name));

const numbers: TableDensityCase["columns"] = [
  { name: "width", kind: "number", integrate: { low: -9, high: 9, points: DEEP ? 120 : 60 } },
  { name: "height", kind: "number", integrate: { low: 0, high: 9, points: DEEP ? 240 : 120 }, bounds: [0, 1e3] },
];

export const numericFlowCases: Readonly<Record<string, TableDensityCase<NumericFlow>>> = {
  NumericFlow: {
    make: copiesOf(flowOf(NUMBERS, [0, SCALE], density, measured())),
    ask: asks(density),
    columns: numbers,
    context: createTable([{ name: "group", kind: "text", values: ["a", "", "never seen"], missing: new Set([1]) }]),
    outside: createTable([
      { name: "group", kind: "text", values: ["a", "a", "b", "b"] },
      { name: "width", kind: "number", values: Float64Array.of(1, Number.NaN, 1, Number.POSITIVE_INFINITY) },
      { name: "height", kind: "number", values: Float64Array.of(-1, 1, 0, 1) },
    ]),
  },
  "NumericFlow, no other columns": {
    make: copiesOf(flowOf(NUMBERS, [0, SCALE], numbersOnly, measured())),
    ask: asks(numbersOnly),
    columns: numbers,
  },
};
