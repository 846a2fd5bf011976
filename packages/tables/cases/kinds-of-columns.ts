import { useBackend } from "@pushforward/backend";
import { findVariables, parseDeclarations } from "@pushforward/columns";
import type { Table } from "@pushforward/datasets";
import { createTable } from "@pushforward/datasets/extend";
import type { TableColumnCase, TableDensityCase } from "@pushforward/testing";
import { DEEP } from "../../testing/test/deep.ts";
import { fitTableDensity } from "../src/density/fit/fit-table-density.ts";
import type { TableDensity } from "../src/density/table-density.ts";
import { otherIntegers } from "./discrete-rows.ts";
import { copiesOf, key, small } from "./fitted.ts";

await useBackend("wasm");

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

const group: TableColumnCase = {
  name: "group",
  kind: "text",
  cells: ["low", "high"],
  unseen: ["a new group", undefined],
};

function outside(numbers: readonly number[]): Table {
  return createTable([
    { name: "group", kind: "text", values: numbers.map(() => "low") },
    { name: "x", kind: "number", values: Float64Array.from(numbers) },
  ]);
}

async function trained(table: Table, declared: string): Promise<() => TableDensity> {
  const { model } = await fitTableDensity(findVariables(table, { declared: parseDeclarations(declared) }), small);
  return copiesOf(model);
}

const wrap = (x: number): number => x - 360 * Math.floor(x / 360);

const positive = await trained(
  grouped((i, isLow) => Math.abs(z[i] as number) * (isLow ? 1 : 3)),
  "x:positive",
);
const interval = await trained(
  grouped((i, isLow) => Math.sin((z[i] as number) + (isLow ? 0 : 2))),
  "x:interval(-1,1)",
);
const circular = await trained(
  grouped((i, isLow) => wrap((isLow ? 0 : 120) + 30 * (z[i] as number))),
  "x:circular(360)",
);

/** A case of a bounded real number. The density is zero outside the bounds and has integrable poles at the bounds. */
function bounded(
  make: () => TableDensity,
  bounds: readonly [number, number],
  impossible: readonly number[],
): TableDensityCase {
  const [low, high] = bounds;
  return {
    make,
    columns: [
      group,
      {
        name: "x",
        kind: "number",
        unseen: [undefined],
        integrate: { low, high, points: DEEP ? 10_000 : 4_000 },
        bounds,
      },
    ],
    outside: outside(impossible),
    perturbation: 0,
    undrawn: 1 / (ROWS + 1),
    tolerances: { total: 3e-3 },
  };
}

const counts = grouped((i, isLow) => Math.floor(Math.abs(z[i] as number) * (isLow ? 50 : 120)));

/** A case of integers between 0 and a last one. */
async function integers(kind: string, last: number): Promise<TableDensityCase> {
  const cells = Array.from({ length: last + 1 }, (_, i) => i);
  return {
    make: await trained(counts, `x:${kind}`),
    columns: [group, { name: "x", kind: "number", cells, unseen: [undefined] }],
    outside: outside([-1]),
    perturbation: 0,
    undrawn: 1 / (ROWS + 1),
    // The mixture is computed in float32.
    tolerances: { total: 2e-5 },
  };
}

/** Ordered sizes and an integer that depends on the size. No row has the smallest size. */
function sizes(): Table {
  const values = Array.from(u, (x) => (x > 0.95 ? "" : ["S", "M", "L"][Math.min(2, Math.floor(3 * x))])) as string[];
  const missing = new Set(values.flatMap((value, row) => (value === "" ? [row] : [])));
  const x = Float64Array.from(u, (v, i) => Math.round(5 * v + 0.3 * (z[i] as number)));
  return createTable([
    { name: "size", kind: "text", values, missing },
    { name: "x", kind: "number", values: x },
  ]);
}

const DAYS = 40;
/** 1 January 2024, in seconds since 1970. */
const FIRST_DAY = 1_704_067_200;

/** Hours of 40 days, most of them in the daytime. A group has later days. */
function hours(): Table {
  const [ofDay, ofNight, chance] = ["day", "night", "chance"].map((name) =>
    key.fold(`hours ${name}`).uniform(ROWS),
  ) as [Float32Array, Float32Array, Float32Array];
  const values = Array.from(u, (x, i) => {
    const day = Math.floor(DAYS * (x < 0.4 ? (ofDay[i] as number) : Math.sqrt(ofDay[i] as number)));
    const hour =
      (chance[i] as number) < 0.8
        ? 8 + Math.floor(8 * (ofNight[i] as number))
        : Math.floor(24 * (ofNight[i] as number));
    return new Date(1000 * (FIRST_DAY + 3600 * (24 * day + hour))).toISOString().slice(0, 16).replace("T", " ");
  });
  const { columns } = grouped(() => 0);
  return createTable([...columns.slice(0, 1), { name: "x", kind: "text", values }]);
}

const hourCells = Array.from({ length: 24 * DAYS }, (_, i) => FIRST_DAY + 3600 * i);

const sizeTable = sizes();
const sizeNumbers = [...new Set(sizeTable.columns[1]?.values as Float64Array)];

export const kindsOfColumnsCases: Readonly<Record<string, TableDensityCase>> = {
  "TableDensity, a positive number": bounded(positive, [0, 60], [-1e-9, -5]),
  "TableDensity, a number in an interval": bounded(interval, [-1, 1], [-1.001, 1.001, 9]),
  "TableDensity, an angle": bounded(circular, [0, 360], [-0.001, 360, 365]),
  "TableDensity, positive integers": await integers("positive", 5000),
  "TableDensity, integers in an interval": await integers("interval(0,500)", 500),
  "TableDensity, integers on a circle": await integers("circular(500)", 499),
  "TableDensity, hours of dates": {
    make: await trained(hours(), "x:date"),
    columns: [group, { name: "x", kind: "number", cells: hourCells, unseen: [undefined] }],
    perturbation: 0,
    undrawn: 1 / (ROWS + 1),
    // A part of the floor is for other dates.
    tolerances: { total: 1 / (3 * ROWS) },
  },
  "TableDensity, ordered categories": {
    make: await trained(sizeTable, "size:ordinal(XS<S<M<L)"),
    columns: [
      { name: "size", kind: "text", cells: ["XS", "S", "M", "L", undefined], unseen: ["a new size"] },
      {
        name: "x",
        kind: "number",
        cells: sizeNumbers,
        unseen: [undefined, ...otherIntegers(sizeNumbers, 2000)],
      },
    ],
    perturbation: 0,
    undrawn: 1 / (ROWS + 1),
  },
};
