import { useBackend } from "@pushforward/backend";
import { createKey, type Json, OptionError } from "@pushforward/core";
import type { Column, Table } from "@pushforward/datasets";
import { createTable } from "@pushforward/datasets/extend";
import { beforeAll, describe, expect, test } from "vitest";
import { DEEP } from "../../../testing/test/deep.ts";
import { copiedColumnsCases, paidBills } from "../../cases/copied-columns.ts";
import { small } from "../../cases/fitted.ts";
import type { Tilt } from "../mixtures/hole-rows.ts";
import type { TableMixture } from "../mixtures/table-mixture.ts";
import { codingOf } from "./coding/coding-of.ts";
import {
  type CopiedCells,
  copiesFromJson,
  copiesToJson,
  keptCells,
  logFreeOf,
  NO_COPIES,
  possibleCopiesIn,
  solvedFor,
} from "./copied-cells.ts";
import type { DensityColumn } from "./density-column.ts";
import type { DrawnHoles } from "./draw-holes.ts";
import { EncodedColumns } from "./fit/encoded-columns.ts";
import { type CopyTask, findCopies } from "./fit/find-copies.ts";
import { fitTableDensity } from "./fit/fit-table-density.ts";
import type { NamedCoding } from "./fit/table-fit.ts";
import { RecalledCells, recalledFromJson } from "./recalled-cells.ts";
import { TableDensity } from "./table-density.ts";

const key = createKey(20261130);
beforeAll(() => useBackend("wasm"));

interface Row {
  readonly bill: number;
  readonly paid: number;
  readonly word: string;
  readonly fee: number;
}

type NumberName = "bill" | "paid" | "fee";

function tableOf(rows: readonly Row[], names: readonly string[]): Table {
  return createTable(
    names.map((name) =>
      name === "word"
        ? { name, kind: "text", values: rows.map(({ word }) => word) }
        : { name, kind: "number", values: Float64Array.from(rows, (row) => row[name as NumberName]) },
    ),
  );
}

const numbers = [Number.NaN, 0, 1, 2, 3, 4, 5, 6, 7];

const WAYS = ["alone", "tilted", "between other rows"] as const;
const ofBills = Object.entries(copiedColumnsCases).filter(([, { columns }]) =>
  columns.some(({ name }) => name === "bill"),
);
describe.each(ofBills)("%s", (caseName, theCase) => {
  const make = (): TableDensity | TableMixture => theCase.make(key) as unknown as TableDensity | TableMixture;
  const names = theCase.columns.map(({ name }) => name);

  // A hole behind its source, a hole before its copy, both, holes that may not be missing, and a term of a sum.
  const rows = [
    [["paid"], { bill: 3, paid: 0, word: "yes", fee: 1 }, true],
    [["bill"], { bill: 0, paid: 5, word: "no", fee: 2 }, true],
    [["bill", "paid"], { bill: 0, paid: 0, word: "yes", fee: 1 }, true],
    [["paid"], { bill: 2, paid: 0, word: "no", fee: 2 }, false],
    [["bill"], { bill: 0, paid: 6, word: "yes", fee: 0 }, false],
    [["fee"], { bill: 6, paid: 4, word: "no", fee: 0 }, false],
    [["fee", "paid"], { bill: 1, paid: 0, word: "yes", fee: 0 }, true],
    [["fee", "bill"], { bill: 0, paid: 3, word: "no", fee: 0 }, true],
    [["word"], { bill: 3, paid: 3, word: "no", fee: 0 }, true],
    [["paid", "word"], { bill: 4, paid: 3, word: "no", fee: 0 }, true],
  ] as const;
  const asked = rows.filter(([open]) => open.every((name) => names.includes(name)));
  // Recalled cells are copies in the draws: one way shows it.
  const ways = caseName.includes("recall") && !DEEP ? (["between other rows"] as const) : WAYS;
  const inAllWays = asked.flatMap((one) => ways.map((way) => [...one, way] as const));
  test.each(inAllWays)("draws of %s have the distribution of the density", (open, row, mayBeMissing, way) => {
    using model = make();
    const isFree = (name: NumberName): boolean => (open as readonly string[]).includes(name);
    const choices = (name: NumberName): readonly number[] =>
      !isFree(name) ? [row[name]] : name === "fee" ? [0, 1, 2] : mayBeMissing ? numbers : numbers.slice(1);
    const words = (open as readonly string[]).includes("word") ? ["yes", "no"] : [row.word];
    const all = choices("bill").flatMap((bill) =>
      choices("paid").flatMap((paid) =>
        choices("fee").flatMap((fee) => words.map((word) => ({ ...row, bill, paid, fee, word }))),
      ),
    );
    const exact = model.logProb(tableOf(all, names)).map(Math.exp);
    const sum = exact.reduce((total, p) => total + p, 0);
    // The other rows have no known copy of a hole, and one.
    const others =
      way === "between other rows" ? [{ ...row, bill: 2, paid: 0 }, row, { ...row, bill: 0, paid: 5 }] : [row];
    const isHole = (name: string, place: number): boolean =>
      others[place] === row ? (open as readonly string[]).includes(name) : name === (place === 0 ? "paid" : "bill");
    const masks = names.map(
      (name) => [name, Uint8Array.from(others.keys(), (place) => Number(isHole(name, place)))] as const,
    );
    const holes = new Map(masks.filter(([, mask]) => mask.includes(1)));
    const task = { table: tableOf(others, names), holes, times: 6000, mayBeMissing, key };
    const drawing = way === "tilted" ? { ...task, isInOrder: true, tilts: tiltsOf(model.columns) } : task;
    const drawnHoles = model.drawHoles?.(drawing, []) as DrawnHoles;
    const from = 6000 * others.indexOf(row);
    const drawn = new Map(drawnHoles.table.columns.map(({ name, values }) => [name, values.slice(from, from + 6000)]));
    const flags = drawnHoles.pulled.get("bill")?.subarray(from, from + 6000) ?? [];
    const ofCopies = [...flags].flatMap((flag, i) => (flag === 1 ? [i] : []));
    const follows = (i: number): boolean => {
      const fee = Number(drawn.get("fee")?.[i]);
      return [row.paid, row.paid - 1 + fee].includes(Number(drawn.get("bill")?.[i]));
    };
    expect(ofCopies.every(follows)).toBe(true);
    // Recalled numbers are no numbers of the bill.
    const isSource = model.columns.some(({ copies }) => (copies?.sources.length ?? 0) > 0);
    expect(ofCopies.length > 0).toBe(isSource && isFree("bill") && !isFree("paid"));
    const weights = drawnHoles.logWeights.subarray(from, from + 6000).map(Math.exp);
    const total = weights.reduce((a, b) => a + b, 0);
    for (const [k, cells] of all.entries()) {
      const isDrawn = (i: number): boolean => open.every((name) => Object.is(drawn.get(name)?.[i], cells[name]));
      const own = weights.reduce((share, weight, i) => (isDrawn(i) ? share + weight / total : share), 0);
      expect(own, JSON.stringify(cells)).toBeCloseTo((exact[k] as number) / sum, 1.3);
    }
    // Their mean is the density of the known cells; of present cells where these may not be missing.
    expect(total / 6000 / sum).toBeGreaterThan(0.95);
    expect(total / 6000 / sum).toBeLessThan(1.05);
  });
});

/** Tilts of all columns, by code or by range. */
function tiltsOf(columns: readonly DensityColumn[]): ReadonlyMap<string, Tilt> {
  return new Map(
    columns.map(({ name, coding }) => [
      name,
      coding.components === 0
        ? { logFactors: Float64Array.from({ length: coding.codes }, (_, code) => Math.sin(code)) }
        : { logFactors: Float64Array.of(0.5, 0, -1, 1), bounds: Float64Array.of(2, 4) },
    ]),
  );
}

test("copies are found where they are, with their share, and samples have as many", async () => {
  // Of so many numbers networks do not learn which are equal.
  const [u, v, coins] = ["bill", "paid", "coin"].map((name) => key.fold(name).uniform(800)) as [
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  const bill = Float64Array.from(u, (x) => Math.floor(500 * x));
  const paid = Float64Array.from(v, (x, i) => ((coins[i] as number) < 0.3 ? (bill[i] as number) : Math.floor(700 * x)));
  const table = createTable([
    { name: "bill", kind: "number", values: bill },
    { name: "paid", kind: "number", values: paid },
    { name: "group", kind: "text", values: Array.from(paid, (x) => (x > 300 ? "high" : "low")) },
  ]);
  using model = (await fitTableDensity(table, { ...small, folds: 1, maxEpochs: 8 })).model;
  const [first, second, third] = model.columns.map(({ copies }) => copies);
  expect([first, third]).toEqual([undefined, undefined]);
  expect(second?.sources).toEqual([{ from: [0], signs: [1] }]);
  const share = second?.shares[0]?.[0] ?? 0;
  expect(Math.abs(share - 0.3)).toBeLessThan(0.08);
  const drawn = model.sample(key, 4000).columns.map(({ values }) => values);
  const equal = Array.from({ length: 4000 }, (_, i) => Number(drawn[0]?.[i] === drawn[1]?.[i]));
  expect(Math.abs(equal.reduce((a, b) => a + b, 0) / 4000 - share)).toBeLessThan(0.03);
});

/** Codings of the columns of a table, all with numbers on the grid of the integers. */
function codingsOf(table: Table): NamedCoding[] {
  const steps = new Map(table.columns.flatMap(({ name, kind }) => (kind === "number" ? [[name, 1] as const] : [])));
  return table.columns.map(({ name }) => ({ name, coding: codingOf(table, name, { steps }) }));
}

/** The copies in the column of a place, with the same log-probability of each cell without copies. */
function found(
  rows: Table,
  index: number,
  logProb: number | ((cell: number) => number),
  later: CopyTask["later"] = [],
  codings: readonly NamedCoding[] = codingsOf(rows),
): CopiedCells | undefined {
  const ofCell = (cell: number): number =>
    typeof logProb === "function" ? logProb(cell) : Number.isNaN(cell) ? Number.NEGATIVE_INFINITY : logProb;
  const encoded = new EncodedColumns(rows, codings);
  const own = encoded.at(index).values as Float64Array;
  const logProbs = own.map((cell) => (typeof logProb === "function" ? logProb(cell) : logProb));
  const logProbOf = (cell: number): Float64Array => new Float64Array(rows.rows).fill(ofCell(cell));
  const judged = { rows: encoded, logProb: logProbs, logProbOf };
  const result = findCopies({ codings, index, later, judged, train: () => undefined });
  if (result === undefined) return undefined;
  // The log-probabilities with copies are those of the density.
  const coded = codings.map((_, place) => judged.rows.at(place));
  const column = { ...(codings[index] as NamedCoding), copies: result.copies };
  const logFree = logFreeOf(
    keptCells({ coding: (codings[index] as NamedCoding).coding, copies: result.copies }).map(logProbOf),
    rows.rows,
  );
  const possible = possibleCopiesIn(column, coded, rows.rows);
  for (const row of [0, 1, 2, 3, 4]) {
    const number = own[row] as number;
    const expected = possible.logProb(row, logProbs[row] as number, number, logFree[row], result.copies.kept);
    expect(result.logProb[row]).toBeCloseTo(expected, 10);
  }
  return result.copies;
}

test("columns without copies get none, nor does a column that can't have most numbers of the source", () => {
  const rows = paidBills(300);
  expect(found(rows, 1, -3)?.sources).toEqual([{ from: [0], signs: [1] }]);
  // A head that gives the equal cells a probability of 1 leaves copies nothing to gain.
  expect(found(rows, 1, 0)).toBeUndefined();
  const changed = (change: (values: Float64Array, name: string) => Float64Array): Table =>
    createTable(
      rows.columns.map((column) =>
        column.kind === "number" ? { ...column, values: change(column.values, column.name) } : column,
      ),
    );
  const shuffled = changed((values, name) => {
    const order = key.fold(name).permutation(300);
    return values.map((_, i) => values[order[i] as number] as number);
  });
  expect(found(shuffled, 1, -3)).toBeUndefined();
  const halves = (share: number): Table =>
    changed((values, name) => (name === "bill" ? values.map((x, i) => (i < share * 300 ? x + 0.5 : x)) : values));
  expect(found(halves(0.3), 1, -3, [], codingsOf(rows))?.sources.map(({ from }) => from)).toEqual([[0]]);
  expect(found(halves(0.6), 1, -3, [], codingsOf(rows))).toBeUndefined();
});

/** Columns of numbers, and a word. */
function numbersAnd(word: readonly string[], columns: Readonly<Record<string, Float64Array>>): Table {
  return createTable([
    { name: "word", kind: "text", values: [...word] },
    ...Object.entries(columns).map(([name, values]): Column => ({ name, kind: "number", values })),
  ]);
}

test("several sources, sums that later columns equal, limits, and shares by an earlier column", () => {
  const count = 2000;
  const uniforms = (name: string): Float32Array => key.fold(name).uniform(count);
  const [u, v, w, coins] = [uniforms("u"), uniforms("v"), uniforms("w"), uniforms("coins")];
  const word = Array.from(uniforms("word"), (x) => (x < 0.5 ? "often" : "seldom"));
  const a = Float64Array.from(u, (x) => 100 + Math.floor(900 * x));
  const part = Float64Array.from(v, (x) => Math.floor(400 * x));
  const isCopied = (i: number): boolean => (coins[i] as number) < (word[i] === "often" ? 0.7 : 0.1);
  // The rest of a in many rows, where it is not negative; then part + rest = a.
  const rest = Float64Array.from(w, (x, i) => {
    const own = (a[i] as number) - (part[i] as number);
    return isCopied(i) && own >= 0 ? own : Math.floor(900 * x);
  });
  const total = part.map((x, i) => x + (rest[i] as number));
  const sum = {
    from: [2, 3],
    relation: { type: "linear", weights: [1, 1], plus: 0 },
    keys: [],
    values: [],
    tolerance: 0,
  } as const;
  const rows = numbersAnd(word, { a, part, rest, total });
  const copies = found(rows, 3, -6.8, [[4, sum]]);
  expect(copies?.sources).toEqual([{ from: [1, 2], signs: [1, -1], low: -0.5, high: expect.any(Number) }]);
  expect(copies?.by).toBe(0);
  const codes = (codingsOf(rows)[0] as NamedCoding).coding.encode(rows.columns[0] as Column).codes;
  for (const [place, share] of [
    ["often", 0.7],
    ["seldom", 0.1],
  ] as const) {
    expect(Math.abs((copies?.shares[codes[word.indexOf(place)] as number]?.[0] ?? 0) - share)).toBeLessThan(0.04);
  }

  // Two sources with a third of the rows each, and a limit: years before 1950 are never copied.
  const [first, second] = [a.map((x) => 1900 + (x % 100)), part.map((x) => 1950 + (x % 50))];
  const year = Float64Array.from(w, (x, i) => {
    const coin = coins[i] as number;
    if (coin < 0.35 && (first[i] as number) >= 1950) return first[i] as number;
    return coin > 0.65 ? (second[i] as number) : 1950 + Math.floor(50 * x);
  });
  const both = found(numbersAnd(word, { first, second, year }), 3, -3.9);
  const [one, other] = [
    { from: [1], signs: [1], low: expect.any(Number) },
    { from: [2], signs: [1] },
  ];
  expect(both?.sources).toHaveLength(2);
  expect(both?.sources).toEqual(expect.arrayContaining([one, other]));
  const low = both?.sources.find(({ from }) => from[0] === 1)?.low ?? 0;
  expect(low).toBeGreaterThan(1949);
  expect(low).toBeLessThanOrEqual(1950);
  expect(both?.by).toBeUndefined();

  // An amount is no source of a number of cards, although both are 0 in a tenth of the rows.
  const isNone = (i: number): boolean => (coins[i] as number) < 0.1;
  const amount = a.map((x, i) => (isNone(i) ? 0 : x));
  const cards = w.map((x, i) => (isNone(i) ? 0 : 1 + Math.floor(20 * x)));
  expect(found(numbersAnd(word, { amount, cards: Float64Array.from(cards) }), 2, -3)).toBeUndefined();

  // Most houses are older than all sales; a third of the recent ones are sold in the year in which they are built.
  const built = Float64Array.from(u, (x) => 1910 + Math.floor(100 * x));
  const sold = Float64Array.from(w, (x, i) => {
    const own = built[i] as number;
    return (coins[i] as number) < 1 / 3 && own >= 2005 ? own : 2005 + Math.floor(5 * x);
  });
  const limits = { low: expect.any(Number) };
  expect(found(numbersAnd(word, { built, sold }), 2, -Math.log(5))?.sources).toEqual([
    { from: [1], signs: [1], ...limits },
  ]);
  // The same numbers near 0 are counts.
  const near = (years: Float64Array): Float64Array => years.map((x) => x - 2004);
  expect(found(numbersAnd(word, { built: near(built), sold: near(sold) }), 2, -Math.log(5))).toBeUndefined();
});

test("a number that is copied in the rows of one of many codes, too rarely for a share of all rows", () => {
  const count = 600;
  const [u, v, w] = ["season", "career", "year"].map((name) => key.fold(name).uniform(count)) as [
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  const season = Float64Array.from(u, (x) => 1 + Math.floor(200 * x));
  const year = Array.from(w, (x) => `year ${Math.floor(20 * x)}`);
  const isFirst = (i: number): boolean => year[i] === "year 7";
  const career = season.map((x, i) => (isFirst(i) ? x : x + 1 + Math.floor(30 * (v[i] as number))));
  const rows = numbersAnd(year, { season, career });
  // With a share of a twentieth, a copy would be hardly likelier than by the networks.
  const copies = found(rows, 2, -3.2);
  expect(copies?.sources.map(({ from }) => from)).toEqual([[1]]);
  expect(copies?.by).toBe(0);
  const shares = copies?.shares.map(([share]) => share as number) ?? [];
  const code = codingOf(rows, "word", {}).encode(rows.columns[0] as Column).codes[year.indexOf("year 7")] as number;
  expect(shares[code]).toBeGreaterThan(0.7);
  expect(Math.max(...shares.filter((_, other) => other !== code))).toBeLessThan(0.02);
  // Without the year, and with a year that says nothing, there are no copies.
  const other = year.map((_, i) => `year ${i % 20}`);
  expect(found(numbersAnd(other, { season, career }), 2, -3.2)).toBeUndefined();
});

test("a sum with a constant that a column equals in most rows", () => {
  const count = 1000;
  const uniforms = (name: string): Float32Array => key.fold(name).uniform(count);
  const [u, v, w, coins] = [uniforms("a"), uniforms("b"), uniforms("c"), uniforms("wrong")];
  const a = Float64Array.from(u, (x) => Math.floor(12 * x));
  const b = Float64Array.from(v, (x, i) => (i % 50 === 0 ? Number.NaN : Math.floor(40 * x)));
  const any = Float64Array.from(w, (x) => Math.floor(50 * x));
  const word = new Array(count).fill("one");
  const isWrong = (i: number): boolean => (coins[i] as number) < 0.1 || Number.isNaN(b[i]);
  const age = any.map((x, i) => (isWrong(i) ? x : (a[i] as number) + (b[i] as number) + 6));
  const left = any.map((x, i) => (isWrong(i) ? x : 60 - (b[i] as number)));
  const of = (columns: Readonly<Record<string, Float64Array>>): CopiedCells | undefined =>
    found(numbersAnd(word, columns), 3, -3.9);
  const limits = { low: expect.any(Number), high: expect.any(Number) };
  const copies = of({ a, b, age });
  expect(copies?.sources).toEqual([{ from: [1, 2], signs: [1, 1], plus: 6, ...limits }]);
  expect(Math.abs((copies?.shares[0]?.[0] as number) - 0.9)).toBeLessThan(0.02);
  expect(copiesFromJson(copiesToJson(copies as CopiedCells))).toEqual({ by: undefined, ...copies });
  expect(solvedFor({ from: [1, 2], signs: [1, 1], plus: 6 }, 0, 3)).toEqual({ from: [3, 2], signs: [1, -1], plus: -6 });
  expect(solvedFor({ from: [2], signs: [-1], plus: 60 }, 0, 3)).toEqual({ from: [3], signs: [-1], plus: 60 });
  // The same column, from the sum and the other one; and a sum of one column that falls.
  expect(of({ b, age, a })?.sources).toEqual([{ from: [1, 2], signs: [-1, 1], plus: -6, ...limits }]);
  expect(of({ a, b, left })?.sources).toEqual([{ from: [2], signs: [-1], plus: 60 }]);
  // Few numbers agree by chance, and so do columns that are nearly constant.
  expect(of({ a, b, age: any })).toBeUndefined();
  const rare = (values: Float64Array): Float64Array => values.map((x, i) => (i % 20 === 0 ? x : 3));
  expect(
    of({ a: rare(a), b: rare(b), age: rare(any) })?.sources.filter(({ plus }) => plus !== undefined) ?? [],
  ).toEqual([]);
});

test("numbers with a meaning of their own are kept, and are no source if they are never copied", () => {
  const count = 2000;
  const [u, v, coins] = ["u", "v", "coins"].map((name) => key.fold(name).uniform(count)) as [
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  // Nothing in a third of the rows of each. A number that is there is the first one in half of the rows.
  const first = Float64Array.from(u, (x) => (x < 1 / 3 ? 0 : Math.floor(900 * x)));
  const isThere = (i: number): boolean => (v[i] as number) > 1 / 3;
  const isCopy = (i: number): boolean => (coins[i] as number) < 0.5 && first[i] !== 0;
  const second = v.map((x, i) => (!isThere(i) ? 0 : isCopy(i) ? (first[i] as number) : Math.floor(900 * x)));
  const rows = numbersAnd(new Array(count).fill("word"), { first, second: Float64Array.from(second) });
  const logProbOf = (cell: number): number =>
    Number.isNaN(cell) ? Number.NEGATIVE_INFINITY : cell === 0 ? Math.log(1 / 3) : Math.log(1 / 900);
  const copies = found(rows, 2, logProbOf);
  expect(copies?.kept).toEqual([0]);
  expect(copies?.sources).toEqual([{ from: [1], signs: [1], low: 0.5 }]);
  expect(Math.abs((copies?.shares[0]?.[0] ?? 0) - 0.5)).toBeLessThan(0.04);
  expect(copiesFromJson(copiesToJson(copies as CopiedCells))).toEqual({ ...copies, by: undefined });
});

test("a file with a single source and a single share, as older files have", () => {
  const old = copiesFromJson({ from: 2, share: 0.25 });
  expect(old).toEqual({ sources: [{ from: [2], signs: [1] }], shares: [[0.25]] });
  const sums = copiedColumnsCases["TableDensity, copies of sums"]?.make(key) as unknown as TableDensity;
  const { copies } = sums.columns[3] as TableDensity["columns"][number];
  expect(copies?.by).toBe(0);
  expect(copiesFromJson(copiesToJson(copies as CopiedCells))).toEqual(copies);
  sums.dispose();
});

test("refuses copies of columns without a grid, and shares that are no probabilities", async () => {
  const { model } = await fitTableDensity(paidBills(300), {
    ...small,
    maxEpochs: 20,
    columns: ["bill", "paid", "word"],
  });
  const withCopies = (place: number, copies: CopiedCells) =>
    new TableDensity(model.columns.map((column, k) => (k === place ? { ...column, copies } : column)));
  const single = (from: number, share: number): CopiedCells => ({
    sources: [{ from: [from], signs: [1] }],
    shares: [[share]],
  });
  expect(() => withCopies(1, single(0, 0.5))).not.toThrow();
  expect(() => withCopies(1, single(0, 1))).toThrow(OptionError);
  expect(() => withCopies(1, single(2, 0.5))).toThrow(/columns of numbers on grids/);
  expect(() => withCopies(2, single(0, 0.5))).toThrow(OptionError);
  expect(() => withCopies(1, { ...single(0, 0.5), by: 2 })).toThrow(OptionError);
  expect(() => withCopies(1, { ...single(0, 0.5), shares: [[0.2], [0.3]] })).toThrow(OptionError);
  expect(() => withCopies(1, { sources: [{ from: [0], signs: [1, -1] }], shares: [[0.2]] })).toThrow(OptionError);
  expect(() => withCopies(1, { sources: [], shares: [[]] })).toThrow(OptionError);
  // Recalled cells: of the amounts by the bill, and of the categories by the amount.
  const recalling = (by: number, key: number, value: number, share: number): CopiedCells => ({
    ...NO_COPIES,
    recalled: new RecalledCells({ by: [by], keys: [[key]], groups: [{ values: [value], weights: [share] }] }),
  });
  expect(() => withCopies(1, recalling(0, 3, 4, 0.5))).not.toThrow();
  expect(() => withCopies(2, recalling(1, 3, 1, 0.5))).not.toThrow();
  expect(() => withCopies(1, recalling(0, 3, 40, -1))).toThrow(/rising cells that column "paid" recalls/);
  expect(() => withCopies(1, recalling(2, 0, 4, 0.5))).toThrow(/columns before it/);
  for (const code of [-1, 0.5, 2]) expect(() => withCopies(2, recalling(1, 3, code, 0.5))).toThrow(OptionError);
  const { recalled } = recalling(0, 3, 4, 0.5);
  const json = recalled?.toJson() as Record<string, Json>;
  expect(() => recalledFromJson({ ...json, by: [] })).toThrow(/expected 0 keys, .* got 1, 1 and 1/);
  expect(() => recalledFromJson({ ...json, keys: [3, 4] })).toThrow(
    /expected 0 or 1 keys, 1 values and 1 weights, got 2, 1 and 1/,
  );
  model.dispose();
});

test("few numbers off any grid can select the cells that a column recalls", async () => {
  const numbers = [0.1, 1 / 3, 0.7, Math.SQRT2];
  const rows = Array.from({ length: 200 }, (_, i) => i % numbers.length);
  const table = createTable([
    { name: "rate", kind: "number", values: Float64Array.from(rows, (k) => numbers[k] as number) },
    { name: "word", kind: "text", values: rows.map((k, i) => (k < 2 !== (i % 7 === 0) ? "yes" : "no")) },
  ]);
  const { model } = await fitTableDensity(table, { ...small, maxEpochs: 20 });
  const [rate, word] = model.columns as [DensityColumn, DensityColumn];
  expect(rate.coding.step).toBe(0);
  const [code, weight] = [word.coding.codes - 1, 0.8];
  const recalled = new RecalledCells({ by: [0], keys: [[1 / 3]], groups: [{ values: [code], weights: [weight] }] });
  const plain = { ...word, copies: undefined };
  const [without, withRecalled] = [plain, { ...plain, copies: { ...NO_COPIES, recalled } }].map((column) => {
    return new TableDensity([rate, column]).cellLogProb(table)[1] as Float64Array;
  }) as [Float64Array, Float64Array];
  for (const [row, k] of rows.entries()) {
    if (k === 1) expect(withRecalled[row]).not.toBeCloseTo(without[row] as number, 2);
    else expect(withRecalled[row]).toBeCloseTo(without[row] as number, 6);
  }
  model.dispose();
});
