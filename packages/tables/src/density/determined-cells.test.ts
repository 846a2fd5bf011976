import { useBackend } from "@pushforward/backend";
import { findVariables } from "@pushforward/columns";
import { createKey } from "@pushforward/core";
import type { Table } from "@pushforward/datasets";
import { createTable } from "@pushforward/datasets/extend";
import { afterAll, beforeAll, expect, test } from "vitest";
import { small } from "../../cases/fitted.ts";
import { fillDetermined } from "./determined-cells.ts";
import { fitTableDensity } from "./fit/fit-table-density.ts";
import type { TableDensity } from "./table-density.ts";

const key = createKey(20261130);
const names = [
  "a",
  "copy",
  "twice",
  "other",
  "sum",
  "less",
  "word",
  "code",
  "half",
  "third",
  "all",
  "area",
  "rate",
  "log",
  "square",
  "after",
  "per",
] as const;
type Name = (typeof names)[number];
type Row = Readonly<Record<Name, number | string | undefined>>;

/** A row of which two cells decide all: `half` and `code` are the same for several values of their source. */
function rowOf(a: number, other: number): Row {
  const word = ["ant", "bee", "cat", "dog"][a % 4] as string;
  return {
    ...{ a, copy: a, twice: 2 * a + 1, other, sum: a + other, less: a - other },
    ...{
      third: (a * 5) % 11,
      all: a + other - ((a * 5) % 11),
      area: a * other,
      rate: other === 0 ? undefined : a / other,
      log: a === 0 ? undefined : Math.fround(Math.log(a)),
      square: a * a,
      after: a * (1 + other),
      per: other === 0 ? undefined : (100 * a) / other ** 2,
    },
    ...{ word, code: word === "ant" ? "x" : word === "bee" ? "y" : "z", half: Math.round(a / 2) },
  };
}

function tableOf(rows: readonly Row[]): Table {
  const texts: readonly Name[] = ["word", "code"];
  return createTable(
    names.map((name) =>
      texts.includes(name)
        ? {
            ...{ name, kind: "text", values: rows.map((row) => String(row[name] ?? "")) },
            missing: new Set(rows.flatMap((row, i) => (row[name] === undefined ? [i] : []))),
          }
        : { name, kind: "number", values: Float64Array.from(rows, (row) => Number(row[name] ?? Number.NaN)) },
    ),
  );
}

const relations = [
  { column: "copy", from: ["a"], relation: { type: "duplicate" } },
  { column: "twice", from: ["a"], relation: { type: "linear", weights: [2], plus: 1 } },
  { column: "sum", from: ["a", "other"], relation: { type: "linear", weights: [1, 1], plus: 0 } },
  { column: "less", from: ["a", "other"], relation: { type: "linear", weights: [1, -1], plus: 0 } },
  { column: "code", from: ["word"], relation: { type: "function" } },
  { column: "all", from: ["a", "other", "third"], relation: { type: "linear", weights: [1, 1, -1], plus: 0 } },
  { column: "area", from: ["a", "other"], relation: { type: "product" } },
  { column: "rate", from: ["a", "other"], relation: { type: "ratio" } },
  { column: "log", from: ["a"], relation: { type: "log", isFloat32: true } },
  { column: "square", from: ["a"], relation: { type: "square" } },
  { column: "after", from: ["a", "other"], relation: { type: "product", rate: 1 } },
  { column: "per", from: ["a", "other"], relation: { type: "ratio", isBySquare: true, scale: 100 } },
  { column: "half", from: ["a"], relation: { type: "linear", weights: [0.5], plus: 0 } },
] as const;

let model: TableDensity;
beforeAll(async () => {
  await useBackend("wasm");
  const rows = Array.from(key.uniform(200), (u, i) => rowOf(Math.floor(40 * u), (i * 7) % 30));
  const data = findVariables(tableOf(rows));
  model = (await fitTableDensity(data, { ...small, columns: names, relations, maxEpochs: 1 })).model;
});
afterAll(() => model.dispose());

/** The cells after the holes of one row are filled, and the holes that are left. */
function filled(known: Partial<Row>): { readonly row: Readonly<Record<string, unknown>>; readonly left: string[] } {
  const missing = names.filter((name) => !Object.hasOwn(known, name));
  const row = Object.fromEntries(names.map((name) => [name, known[name]])) as Row;
  const holes = new Map(missing.map((name) => [name, Uint8Array.of(1)]));
  const result = fillDetermined(model.columns, { table: tableOf([row]), holes });
  return {
    row: Object.fromEntries(result.table.columns.map(({ name, values }) => [name, values[0]])),
    left: [...result.holes].flatMap(([name, mask]) => (mask[0] === 1 ? [name] : [])),
  };
}

test.each<[string, Partial<Row>, Partial<Row>]>([
  ["a copy", { copy: 17 }, { a: 17 }],
  ["an affine function", { twice: 35 }, { a: 17 }],
  ["a sum and one of its terms", { sum: 30, other: 4 }, { a: 26 }],
  ["a difference and its second term", { less: 6, other: 4 }, { a: 10 }],
  ["a difference and its first term", { less: 6, a: 10 }, { other: 4 }],
  ["a cell that is determined itself", { copy: 12, sum: 20 }, { a: 12, other: 8 }],
  ["a sum of three columns", { all: 20, a: 12, other: 15 }, { third: 7 }],
  ["a sum of three columns for another term", { all: 20, a: 12, third: 7 }, { other: 15 }],
  ["a product", { area: 84, other: 4 }, { a: 21 }],
  ["a ratio", { rate: 5.25, other: 4 }, { a: 21 }],
  ["a ratio for its second column", { rate: 5.25, a: 21 }, { other: 4 }],
  ["a logarithm", { log: Math.fround(Math.log(17)) }, { a: 17 }],
  ["a square of a number that is not negative", { square: 144 }, { a: 12 }],
  ["a one-to-one value of a function", { code: "y" }, { word: "bee" }],
])("%s determines its source", (_, known, expected) => {
  const { row, left } = filled(known);
  expect(row).toMatchObject(expected);
  for (const name of Object.keys(expected)) expect(left).not.toContain(name);
});

test.each<[string, Partial<Row>, Name]>([
  ["a rounded half", { half: 8 }, "a"],
  ["a code of several words", { code: "z" }, "word"],
  ["a product with 0", { area: 0, other: 0 }, "a"],
  ["a sum with two holes", { sum: 30 }, "a"],
])("%s does not", (_, known, hole) => {
  expect(filled(known).left).toContain(hole);
});

test("draws of holes agree with the known cells that follow from them", () => {
  const row = {
    ...rowOf(0, 0),
    ...Object.fromEntries(names.map((name) => [name, undefined])),
    copy: 21,
    sum: 30,
  } as Row;
  const holes = new Map(
    names.filter((name) => name !== "copy" && name !== "sum").map((name) => [name, Uint8Array.of(1)]),
  );
  const task = { table: tableOf([row]), holes, times: 20, mayBeMissing: false, key };
  const { columns } = model.drawHoles(task, []).table;
  const cells = Object.fromEntries(
    columns.map(({ name, values }) => [name, [...new Set<unknown>(values as Float64Array)]]),
  );
  expect(cells).toMatchObject({ a: [21], copy: [21], twice: [43], other: [9], sum: [30], less: [12] });
});

test.each([false, true])(
  "a function of a hole is an exact part of the draws (holes may be missing: %s)",
  (mayBeMissing) => {
    // Two of the words have the code z; the others contradict it.
    const rows = ["ant", "bee", "cat", "dog"].map((word) => ({ ...rowOf(6, 3), word, code: "z" }));
    const each = Array.from(model.logProb(tableOf(rows)), Math.exp);
    const total = each.reduce((sum, p) => sum + p, 0);
    const task = { table: tableOf([rows[0] as Row]), holes: new Map([["word", Uint8Array.of(1)]]), times: 400, key };
    const { table, logWeights } = model.drawHoles({ ...task, mayBeMissing }, []);
    const weights = Array.from(logWeights, Math.exp);
    const mean = weights.reduce((sum, weight) => sum + weight, 0) / weights.length;
    expect(mean / total).toBeCloseTo(1, 1);
    const drawn = table.columns.find(({ name }) => name === "word")?.values as string[];
    expect(drawn.filter((word) => word === "cat" || word === "dog").length).toBeGreaterThan(380);
    for (const [i, word] of ["ant", "bee", "cat", "dog"].entries()) {
      const share = drawn.reduce((sum, own, at) => sum + (own === word ? (weights[at] as number) : 0), 0) / 400 / mean;
      expect(Math.abs(share - (each[i] as number) / total)).toBeLessThan(0.06);
    }
  },
);
