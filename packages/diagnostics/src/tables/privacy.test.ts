import { createKey, DataError } from "@pushforward/core";
import type { Table } from "@pushforward/datasets";
import { createTable, takeTableRows } from "@pushforward/datasets/extend";
import { expect, test } from "vitest";
import { closestRecords } from "./closest-records.ts";
import { membershipAttack } from "./column-attacks.ts";
import { rowCopies } from "./row-copies.ts";

const key = createKey(11);
const ROWS = 1000;

/** A number, one that depends on it and is missing at times, and a category. */
function someRows(name: string, rows = ROWS): Table {
  const [x, z] = [key.fold(`${name} x`).normal(rows), key.fold(`${name} z`).normal(rows)];
  const u = key.fold(`${name} u`).uniform(rows);
  return createTable([
    { name: "x", kind: "number", values: Float64Array.from(x) },
    {
      name: "y",
      kind: "number",
      values: Float64Array.from(x, (value, i) =>
        (u[i] as number) < 0.1 ? Number.NaN : value + 0.3 * (z[i] as number),
      ),
    },
    { name: "sign", kind: "text", values: Array.from(x, (value) => (value > 0 ? "+" : "-")) },
  ]);
}

/** Rows that occur often: two words and a number of few values. */
function fewValues(name: string, rows: number): Table {
  const word = (column: string, values: number): string[] =>
    Array.from(key.fold(`${name} ${column}`).uniform(rows), (u) => String(Math.floor(values * u ** 3)));
  return createTable([
    { name: "a", kind: "text", values: word("a", 40) },
    { name: "b", kind: "text", values: word("b", 40) },
    { name: "c", kind: "number", values: Float64Array.from(word("c", 20), Number) },
  ]);
}

/** A table in which every hundredth row is one of another table. */
function withCopies(table: Table, from: Table): Table {
  const rows = Array.from({ length: table.rows }, (_, row) => (row % 100 === 0 ? table.rows + row : row));
  return takeTableRows(joined(table, from), rows);
}

/** The rows of two tables, one after the other. */
function joined(table: Table, from: Table): Table {
  return createTable(
    table.columns.map((column, j) => {
      const other = from.columns[j]?.values ?? [];
      return column.kind === "number"
        ? { ...column, values: Float64Array.from([...column.values, ...(other as Float64Array)]) }
        : { name: column.name, kind: "text", values: [...column.values, ...(other as string[])] };
    }),
  );
}

const training = someRows("training");
const heldOut = someRows("held out");

test("half of new rows are closer to a training row, all of the copies are", () => {
  const fresh = closestRecords({ training, heldOut, synthetic: someRows("fresh") }, { key });
  expect(Math.abs(fresh.share - 0.5)).toBeLessThan(4 * fresh.standardError);
  const copies = closestRecords({ training, heldOut, synthetic: training }, { key });
  expect(copies.share).toBeGreaterThan(0.99);
  // The closest synthetic row of a training row is that row.
  expect(Math.max(...copies.trainingScores.map(Math.abs))).toBe(0);
  expect(membershipAttack(copies.trainingScores, copies.heldOutScores).area).toBeGreaterThan(0.95);
  expect(membershipAttack(fresh.trainingScores, fresh.heldOutScores).area).toBeLessThan(0.55);
});

test("distances are those of a search by hand", () => {
  const of = (rows: readonly (readonly [number, string])[]): Table =>
    createTable([
      { name: "x", kind: "number", values: Float64Array.from(rows, ([x]) => x) },
      { name: "c", kind: "text", values: rows.map(([, c]) => c) },
    ]);
  // The range is 10. From (5, a): 0.2 + 0 and 0.1 + 1; 0.3. From a gap, one range below 0: 0.5.
  const { trainingScores, share } = closestRecords(
    {
      training: of([
        [0, "a"],
        [10, "b"],
      ]),
      heldOut: of([
        [2, "a"],
        [3, "b"],
      ]),
      synthetic: of([
        [3, "a"],
        [Number.NaN, "b"],
      ]),
    },
    { key },
  );
  // (0, a) is 0.3 from (3, a); (10, b) is 1.7 from (3, a) and 2 from the gap.
  expect([...trainingScores].sort()).toEqual([expect.closeTo(-0.3, 12), expect.closeTo(-1.7, 12)]);
  // (3, a) is closer to a held-out row; the gap is 1.3 from it, and 2 from both training rows.
  expect(share).toBe(0);
});

test("the area of an attack is 1 where training rows have all large scores", () => {
  expect(membershipAttack([3, 4], [1, 2]).area).toBe(1);
  expect(membershipAttack([1, 2], [1, 2])).toEqual({ area: 0.5, standardError: Math.sqrt(5 / 48) });
  expect(() => membershipAttack([], [1])).toThrow(DataError);
  expect(() => membershipAttack([1], [1, Number.NaN])).toThrow(/NaN in row 2/);
});

test("planted copies are found every time, and new rows are no copies", () => {
  for (let repeat = 0; repeat < 10; repeat++) {
    const own = someRows(`own ${repeat}`);
    const fresh = someRows(`fresh ${repeat}`);
    const found = rowCopies(own, withCopies(fresh, own));
    expect(found).toMatchObject({ count: 10, unique: 10, expectedUnique: 0 });
    expect(found.rows[1]).toBe(100);
    expect(found.pValue).toBeLessThan(1e-6);
    expect(rowCopies(own, fresh)).toMatchObject({ count: 0, unique: 0, pValue: 0.5 });
  }
});

test("rows that repeat among real ones are expected to repeat", () => {
  const pValues = Array.from({ length: 10 }, (_, repeat) => {
    const own = fewValues(`own ${repeat}`, 4000);
    const fresh = fewValues(`fresh ${repeat}`, 4000);
    const found = rowCopies(own, fresh);
    expect(found.unique).toBeGreaterThan(300);
    expect(found.unique / found.expectedUnique).toBeCloseTo(1, 0);
    return found.pValue;
  });
  expect(Math.min(...pValues)).toBeGreaterThan(1e-4);
  expect(Math.max(...pValues)).toBeGreaterThan(0.5);
});

/** Rows of five numbers of few values, of which many repeat, though most occur once. */
function fewNumbers(name: string, rows: number): Table {
  return createTable(
    [40, 40, 20, 10, 5].map((values, j) => ({
      name: `c${j}`,
      kind: "number",
      values: Float64Array.from(key.fold(`${name} ${j}`).uniform(rows), (u) => Math.floor(values * u ** 3)),
    })),
  );
}

test("planted copies are found every time where rows repeat by nature, and their rows are no false alarm", () => {
  for (let repeat = 0; repeat < 2; repeat++) {
    const [own, fresh] = [`own ${repeat}`, `fresh ${repeat}`].map((name) => fewNumbers(name, 30_000)) as [Table, Table];
    const natural = rowCopies(own, fresh);
    // An eighth of the new rows equal a training row that occurs once.
    expect(natural.unique).toBeGreaterThan(3500);
    expect(natural.pValue).toBeGreaterThan(1e-3);
    expect(natural.detectable).toBeLessThan(0.01);
    expect(rowCopies(own, withCopies(fresh, own)).pValue).toBeLessThan(1e-3);
  }
});

test("the least share of copies that is found is told, and found", () => {
  const shares = [1000, 4000].map((rows) => {
    const [own, fresh] = [someRows("detectable", rows), someRows("other", rows)];
    return rowCopies(own, fresh).detectable * rows;
  });
  // Of rows that never repeat five copies stand out, however many rows there are.
  expect(shares).toEqual([expect.closeTo(4.7, 1), expect.closeTo(4.7, 1)]);
  const [own, fresh] = [fewValues("own", 4000), fewValues("fresh", 4000)];
  const { detectable } = rowCopies(own, fresh);
  expect(detectable).toBeGreaterThan(0.02);
  expect(detectable).toBeLessThan(0.3);
  const copied = Array.from({ length: 4000 }, (_, row) => (row < 2 * detectable * 4000 ? 4000 + row : row));
  expect(rowCopies(own, takeTableRows(joined(fresh, own), copied)).pValue).toBeLessThan(1e-3);
});

test("missing cells of a text are no word", () => {
  const of = (missing: readonly number[]): Table =>
    createTable([{ name: "c", kind: "text", values: ["", "a"], missing: new Set(missing) }]);
  expect(rowCopies(of([0]), of([])).count).toBe(1);
  expect(rowCopies(of([0]), of([0])).count).toBe(2);
});
