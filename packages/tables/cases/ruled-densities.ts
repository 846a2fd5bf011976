import { useBackend } from "@pushforward/backend";
import { findVariables, parseDeclarations } from "@pushforward/columns";
import type { Column, Table } from "@pushforward/datasets";
import { createTable } from "@pushforward/datasets/extend";
import type { TableColumnCase, TableDensityCase } from "@pushforward/testing";
import { fitTableDensity } from "../src/density/fit/fit-table-density.ts";
import { type RowRule, rowsThatKeep } from "../src/rules/row-rules.ts";
import { RuledDensity } from "../src/rules/ruled-density.ts";
import { otherIntegers } from "./discrete-rows.ts";
import { copiesOf, key, small } from "./fitted.ts";
import { allRows } from "./off-grid.ts";

await useBackend("wasm");

const ROWS = 300;
const MOST = 9;

/** Two numbers with gaps, of which the second is never lower, and a word that says whether the first is 0. */
export function orderedRows(rows: number): Table {
  const [a, b, c] = ["low", "high", "gap"].map((name) => key.fold(name).uniform(rows)) as [
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  const low = Float64Array.from(a, (u, i) =>
    (c[i] as number) < 0.1 ? Number.NaN : Math.max(0, Math.floor(7 * u) - 2),
  );
  const high = Float64Array.from(b, (u, i) => {
    const from = Number.isNaN(low[i]) ? 0 : (low[i] as number);
    return Math.min(MOST, from + Math.floor(4 * u));
  });
  return createTable([
    { name: "low", kind: "number", values: low },
    { name: "high", kind: "number", values: high },
    {
      name: "word",
      kind: "text",
      values: Array.from(low, (x) => (Number.isNaN(x) ? "none" : x === 0 ? "empty" : "some")),
    },
  ]);
}

/** The rules of {@link orderedRows}. */
export const orderedRules: readonly RowRule[] = [
  { type: "order", columns: ["low", "high"] },
  {
    ...{ type: "combinations", columns: ["low", "word"] },
    allowed: [
      [null, "none"],
      ["0", "empty"],
      ["not 0", "some"],
    ],
  },
];

const lows = [0, 1, 2, 3, 4];
const highs = Array.from({ length: MOST + 1 }, (_, x) => x).filter((x) => x <= 7);
const columns: readonly TableColumnCase[] = [
  { name: "low", kind: "number", cells: [...lows, undefined], unseen: otherIntegers(lows, MOST).filter((x) => x >= 0) },
  {
    ...{ name: "high", kind: "number", cells: highs },
    unseen: [undefined, ...otherIntegers(highs, MOST).filter((x) => x >= 0)],
  },
  { name: "word", kind: "text", cells: ["none", "empty", "some"], unseen: ["a new word", undefined] },
];

const declared = parseDeclarations(`low:interval(0,${MOST}),high:interval(0,${MOST})`);
const fitted = copiesOf(
  (
    await fitTableDensity(findVariables(orderedRows(ROWS), { declared }), {
      ...{ ...small, relations: [] },
    })
  ).model,
);
const floor = 1 / (ROWS + 2);

/** All rows are normalized together. */
function ruled(): () => RuledDensity {
  const density = fitted();
  // All rows that can be, so that the share is exact.
  const { table, weights } = allRows(columns, density.columns);
  const kept = orderedRules.map((rule) => rowsThatKeep(rule, table));
  const share = density
    .logProb(table)
    .reduce(
      (sum, value, row) =>
        sum + (kept.every((keeps) => keeps[row] === 1) ? Math.exp(value) * (weights[row] as number) : 0),
      0,
    );
  return copiesOf(new RuledDensity({ density, rules: orderedRules, share, floor }));
}

/** A low with few numbers, a high of many integers or real numbers that is never lower, with a gap where the low is 12. */
async function wide(step: number): Promise<() => RuledDensity> {
  const [a, b] = ["few", "many"].map((name) => key.fold(name).uniform(WIDE_ROWS)) as [Float32Array, Float32Array];
  const low = Float64Array.from(a, (u) => 4 * Math.floor(5 * u));
  const high = low.map((from, row) => {
    const value = from + 300 * (b[row] as number) ** 2;
    // A number with a code of its own.
    return from === 12 ? Number.NaN : row % 9 === 0 ? Math.max(from, 8) : step > 0 ? Math.floor(value) : value;
  });
  return ruledPair(low, high, { type: "order", columns: ["low", "high"] });
}

/** Networks of two columns that keep a rule by column. */
async function ruledPair(low: Float64Array, high: Float64Array, rule: RowRule): Promise<() => RuledDensity> {
  const table = createTable([
    { name: "low", kind: "number", values: low },
    { name: "high", kind: "number", values: high },
  ]);
  const limits = parseDeclarations(`low:interval(0,16),high:interval(0,${WIDE})`);
  const { model: density } = await fitTableDensity(findVariables(table, { declared: limits }), {
    ...{ ...small, relations: [] },
  });
  return copiesOf(new RuledDensity({ density, rules: [rule], floor: 1 / (WIDE_ROWS + 2) }));
}

/** A low with few numbers, and a high of many integers or real numbers that is at most 300 − 10·low. */
async function summed(step: number): Promise<() => RuledDensity> {
  const [a, b] = ["few", "many"].map((name) => key.fold(`sum ${name}`).uniform(WIDE_ROWS)) as [
    Float32Array,
    Float32Array,
  ];
  const low = Float64Array.from(a, (u) => 4 * Math.floor(5 * u));
  const high = low.map((from, row) => {
    const value = (300 - 10 * from) * (b[row] as number) ** 2;
    return step > 0 ? Math.floor(value) : value;
  });
  const columns = ["low", "high"];
  return ruledPair(low, high, { type: "sum", of: "rest", columns, weights: [-10, -1], plus: 300, low: 0 });
}

/** The age in some wards, which is missing in some rows. */
async function aged(names: readonly [string, string]): Promise<() => RuledDensity> {
  const [a, b] = ["ward", "age"].map((name) => key.fold(`range ${name}`).uniform(WIDE_ROWS)) as [
    Float32Array,
    Float32Array,
  ];
  const ward = Array.from(a, (u) => wards[Math.floor(4 * u)] as string);
  const age = Float64Array.from(b, (u, row) => {
    const { low = 0, high = OLDEST } = ranges.find(({ state }) => (state ?? "") === ward[row]) ?? {};
    return row % 9 === 0 ? Number.NaN : low + Math.floor((high - low + 1) * u);
  });
  const missing = new Set(ward.flatMap((word, row) => (word === "" ? [row] : [])));
  const columns: readonly Column[] = [
    { name: "ward", kind: "text", values: ward, missing },
    { name: "age", kind: "number", values: age },
  ];
  const table = createTable(names.map((name) => columns.find((column) => column.name === name) as Column));
  const { model: density } = await fitTableDensity(
    findVariables(table, { declared: parseDeclarations(`age:interval(0,${OLDEST})`) }),
    { ...small, relations: [] },
  );
  return copiesOf(new RuledDensity({ density, rules: ranges, floor: 1 / (WIDE_ROWS + 2) }));
}

const wards = ["children", "adults", "all", ""];
const OLDEST = 90;
const ranges = [
  { state: "children", high: 15 },
  { state: "adults", low: 16, high: 80 },
  { state: null, low: 40 },
].map((range) => ({ type: "range", columns: ["ward", "age"] as const, ...range }) as const);
const ageCases: readonly TableColumnCase[] = [
  { name: "ward", kind: "text", cells: [...wards.slice(0, 3), undefined], unseen: ["a new ward"] },
  { name: "age", kind: "number", cells: [...Array.from({ length: OLDEST + 1 }, (_, x) => x), undefined] },
];

const WIDE = 320;
const WIDE_ROWS = 800;
const few: TableColumnCase = {
  ...{ name: "low", kind: "number", cells: [0, 4, 8, 12, 16] },
  unseen: [...Array.from({ length: 16 }, (_, x) => x).filter((x) => x % 4 > 0), undefined],
};

export const ruledDensityCases: Readonly<Record<string, TableDensityCase>> = {
  // Noise in its parameters would change the share of the rows that keep the rules.
  RuledDensity: { make: ruled(), columns, perturbation: 0, undrawn: 4 / (ROWS + 2) },
  "RuledDensity, column by column": {
    make: copiesOf(new RuledDensity({ density: fitted(), rules: orderedRules, floor })),
    columns,
    undrawn: 4 / (ROWS + 2),
  },
  "RuledDensity, many integers": {
    make: await wide(1),
    columns: [
      few,
      { name: "high", kind: "number", cells: [...Array.from({ length: WIDE + 1 }, (_, x) => x), undefined] },
    ],
    undrawn: 4 / (WIDE_ROWS + 2),
  },
  "RuledDensity, ranges of integers": {
    make: await aged(["ward", "age"]),
    columns: ageCases,
    undrawn: 4 / (WIDE_ROWS + 2),
  },
  "RuledDensity, states by ranges": {
    make: await aged(["age", "ward"]),
    columns: ageCases.toReversed(),
    undrawn: 4 / (WIDE_ROWS + 2),
  },
  "RuledDensity, a sum of integers": {
    make: await summed(1),
    columns: [
      few,
      { name: "high", kind: "number", cells: Array.from({ length: WIDE + 1 }, (_, x) => x), unseen: [undefined] },
    ],
    undrawn: 4 / (WIDE_ROWS + 2),
  },
  "RuledDensity, a sum of real numbers": {
    make: await summed(0),
    columns: [
      few,
      {
        ...{ name: "high", kind: "number", cells: [], unseen: [undefined] },
        ...{ integrate: { low: 0, high: WIDE, points: 6400 }, bounds: [0, WIDE] },
      },
    ],
    undrawn: 4 / (WIDE_ROWS + 2),
    tolerances: { total: 2e-3 },
  },
  "RuledDensity, real numbers": {
    make: await wide(0),
    columns: [
      few,
      {
        ...{ name: "high", kind: "number", cells: [8, 16, undefined] },
        ...{ integrate: { low: 0, high: WIDE, points: 6400 }, bounds: [0, WIDE] },
      },
    ],
    undrawn: 4 / (WIDE_ROWS + 2),
    tolerances: { total: 2e-3 },
  },
};
