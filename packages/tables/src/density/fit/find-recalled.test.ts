import { useBackend } from "@pushforward/backend";
import { createKey } from "@pushforward/core";
import type { Column, Table } from "@pushforward/datasets";
import { createTable, takeTableRows } from "@pushforward/datasets/extend";
import { beforeAll, expect, test } from "vitest";
import { shopPrices } from "../../../cases/copied-columns.ts";
import { small } from "../../../cases/fitted.ts";
import type { CodedCells } from "../cell-limits.ts";
import { codingOf } from "../coding/coding-of.ts";
import type { NumberCoding } from "../coding/number-coding.ts";
import type { DensityColumn } from "../density-column.ts";
import { keysOf, recalledFromJson } from "../recalled-cells.ts";
import { TableDensity } from "../table-density.ts";
import { EncodedColumns } from "./encoded-columns.ts";
import { findRecalled } from "./find-recalled.ts";
import { fitTableDensity } from "./fit-table-density.ts";

const key = createKey(20261202);
beforeAll(() => useBackend("wasm"));

/** A rate, a size, and a fee without order that follows from both in a part of the rows. */
function fees(rows: number, share: number, sizes = 12): Table {
  const [u, v, x, coins] = ["u", "v", "x", "coins"].map((name) => key.fold(name).uniform(rows)) as [
    Float32Array,
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  const whole = (own: Float32Array, most: number): Float64Array =>
    Float64Array.from(own, (one) => Math.floor(most * one));
  const [rate, size] = [whole(u, sizes), whole(v, sizes)];
  const fee = whole(x, 10007).map((any, i) => {
    const own = (7919 * (1 + (rate[i] as number)) * (1 + (size[i] as number)) ** 2) % 10007;
    return (coins[i] as number) < share ? own : any;
  });
  return createTable([
    { name: "rate", kind: "number", values: rate },
    { name: "size", kind: "number", values: size },
    { name: "fee", kind: "number", values: fee },
  ]);
}

/** The cells that the last column of numbers recalls, in all rows, with networks that give each number the same probability. */
function foundIn(table: Table, share = 1 / 10007): ReturnType<typeof findRecalled> {
  const codings = table.columns.map(({ name }) => ({ name, coding: codingOf(table, name, {}) }));
  const rows = new EncodedColumns(table, codings);
  const [p, w] = [new Float64Array(table.rows).fill(share), new Float64Array(table.rows).fill(1)];
  const index = codings.length - 1;
  const before = Array.from({ length: index }, (_, place) => place);
  return findRecalled(
    { codings, index, before, counted: { rows, areJudged: true }, kept: [], judged: rows },
    { p, w, b: p },
  );
}

// Few rows have a price that no other row of their shop has, many have such a fee.
test.each([
  { name: "prices", table: shopPrices(300), index: 1, by: [0], kept: [5], least: 1, isFilled: false },
  { name: "fees", table: fees(600, 0.7), index: 2, by: [0, 1], kept: [], least: 2, isFilled: false },
  { name: "fees with unique ones", table: fees(600, 0.7), index: 2, by: [0, 1], kept: [], least: 2, isFilled: true },
])("each validation row has the probability by the $name of the other rows", (given) => {
  const { table, index, by, kept, least, isFilled } = given;
  const codings = table.columns.map(({ name }) => ({ name, coding: codingOf(table, name, {}) }));
  const rows = new EncodedColumns(table, codings);
  const [p, w, b] = [1 / 60, 0.8, 1 / 70];
  const fill = (value: number): Float64Array => new Float64Array(table.rows).fill(value);
  const before = [0, 1].slice(0, index);
  const task = { codings, index, before, counted: { rows, areJudged: true }, kept };
  const judged = isFilled ? new EncodedColumns(table, codings) : rows;
  const found = findRecalled({ ...task, judged }, { p: fill(p), w: fill(w), b: fill(b) });
  const { groups = [], keys = [] } = found?.recalled ?? {};
  expect([...(found?.recalled.by ?? [])].sort()).toEqual(by);
  expect(groups.flatMap(({ values }) => values)).not.toContain(kept[0] ?? -1);
  const own = rows.at(index).values as Float64Array;
  const isFree = (x: number): boolean => !(kept as number[]).includes(x);
  const columns = found?.recalled.by.map((place) => keysOf(rows.at(place))) ?? [];
  const groupOf = (row: number): string => columns.map((column) => column[row]).join(" ");
  const cellsOf = (group: string, without = -1): Float64Array =>
    own.filter((x, row) => row !== without && groupOf(row) === group && isFree(x));
  /** The numbers of a group without a row, by their counts, and the probability that it recalls each of them. */
  const groupWithout = (group: string, row: number, discount: number, strength: number) => {
    const cells = cellsOf(group, row);
    const counts = new Map<number, number>();
    for (const x of cells) counts.set(x, (counts.get(x) ?? 0) + 1);
    const repeated = [...counts.values()].filter((count) => count >= least);
    // Unique numbers leave their probability to the other numbers of the group, if there are no folds.
    const all = repeated.reduce((sum, count) => sum + count - discount, 0);
    const unique = Number(isFilled) * (1 - discount) * (cells.length - repeated.reduce((sum, count) => sum + count, 0));
    const shareOf = (x: number): number => {
      const count = counts.get(x) ?? 0;
      return count < least ? 0 : (((count - discount) / all) * (all + unique)) / (cells.length + strength);
    };
    return { shareOf, sum: all === 0 ? 0 : (all + unique) / (cells.length + strength) };
  };
  const candidates = [0, 0.25, 0.5, 0.75, 0.9].flatMap((discount) =>
    [0.01, 0.1, 0.5, 2, 8, 32, 128, 512].map((strength) => ({ discount, strength })),
  );
  const chosen = candidates.filter(({ discount, strength }) =>
    groups.every(({ values, weights }, place) => {
      const { shareOf } = groupWithout((keys[place] as readonly number[]).join(" "), -1, discount, strength);
      return values.every((x, i) => Math.abs(shareOf(x) - (weights[i] as number)) < 1e-8);
    }),
  );
  expect(chosen).toHaveLength(1);
  const [{ discount, strength }] = chosen as [(typeof chosen)[number]];
  for (const [row, x] of own.entries()) {
    const { shareOf, sum } = groupWithout(groupOf(row), row, discount, strength);
    const expected = isFree(x) ? Math.log1p((w * shareOf(x) - b * sum) / p) : 0;
    expect(found?.changes[row], `row ${row}`).toBeCloseTo(expected, 5);
  }
});

/** Visits of patients in groups of ages, with a few mistakes. */
function visits(patients: number, each = 3): Table {
  const draws = key.fold("ages").uniform(patients);
  const noise = key.fold("mistakes").uniform(each * patients);
  const ages = Array.from(noise, (u, i) => {
    const age = Math.floor(4 * (draws[Math.floor(i / each)] as number) ** 2);
    return `age ${u < 0.1 ? Math.floor(40 * u) : age}`;
  });
  return createTable([
    { name: "patient", kind: "text", values: ages.map((_, i) => `patient ${Math.floor(i / each)}`) },
    { name: "age", kind: "text", values: ages },
  ]);
}

test("each validation row has the probability by the effects of its group, without the row itself", () => {
  const table = visits(80);
  const codings = table.columns.map(({ name }) => ({ name, coding: codingOf(table, name, {}) }));
  const rows = new EncodedColumns(table, codings);
  const { codes } = (codings[1] as (typeof codings)[number]).coding;
  const u = key.fold("networks").uniform(table.rows * codes);
  const shares = u.map((own, at) => {
    const from = at - (at % codes);
    return (own + 0.2) / u.subarray(from, from + codes).reduce((sum, one) => sum + one + 0.2, 0);
  });
  const task = { codings, index: 1, before: [0], counted: { rows, areJudged: true }, kept: [], judged: rows };
  const found = findRecalled(task, { judged: shares, counted: shares });
  const [patient, own] = [0, 1].map((place) => keysOf(rows.at(place))) as [Float64Array, Float64Array];
  const groupOf = (row: number, without = -1): number[] =>
    [...own.keys()].filter((other) => patient[other] === patient[row] && other !== without);
  const share = (row: number, code: number): number => shares[row * codes + code] as number;
  const all = Array.from({ length: codes }, (_, code) => code);
  /** The effect of each code; codes that do not occur in the group have one together. */
  const effects = (group: readonly number[], strength: number): number[] => {
    const count = (code: number): number => group.filter((row) => own[row] === code).length;
    const expected = (code: number): number => group.reduce((sum, row) => sum + share(row, code), 0);
    const rest = all.filter((code) => count(code) === 0).reduce((sum, code) => sum + expected(code), 0);
    const [ofRest, [c, e]] = [strength / (rest + strength), [count, expected]];
    return all.map((code) => (c(code) === 0 ? ofRest : (c(code) + strength) / (e(code) + strength)));
  };
  const likeliest = [0.5, 0.1, 0.02, 2, 8, 32].map((strength) => {
    const changes = [...own.keys()].map((row) => {
      const factors = effects(groupOf(row, row), strength);
      const sum = all.reduce((total, code) => total + share(row, code) * (factors[code] as number), 0);
      return Math.log((factors[own[row] as number] as number) / sum);
    });
    return { strength, changes, gain: changes.reduce((sum, change) => sum + change, 0) };
  });
  const best = likeliest.reduce((a, b) => (b.gain > a.gain ? b : a));
  for (const [row, expected] of best.changes.entries()) {
    expect(found?.changes[row], `row ${row}`).toBeCloseTo(expected, 5);
  }
  // The weights are those of whole groups, relative to the codes that do not occur.
  const { groups = [], keys = [] } = found?.recalled ?? {};
  expect(groups).toHaveLength(80);
  for (const [place, { values, weights }] of groups.entries()) {
    const group = groupOf(patient.indexOf(keys[place]?.[0] as number));
    const factors = effects(group, best.strength);
    const seen = new Set(group.map((row) => own[row]));
    const ofRest = Math.min(...factors.filter((_, code) => !seen.has(code)));
    expect(values).toEqual([...seen].sort());
    for (const [i, code] of values.entries()) {
      expect(weights[i]).toBeCloseTo(Math.log((factors[code] as number) / ofRest), 4);
    }
  }
});

test("codes that the networks expect are not recalled, and rows without a group of two rows form a group", () => {
  const table = visits(80);
  const codings = table.columns.map(({ name }) => ({ name, coding: codingOf(table, name, {}) }));
  const rows = new EncodedColumns(table, codings);
  const { codes } = (codings[1] as (typeof codings)[number]).coding;
  const own = keysOf(rows.at(1));
  const sure = new Float32Array(table.rows * codes).map((_, at) =>
    own[Math.floor(at / codes)] === at % codes ? 0.97 : 0.03 / (codes - 1),
  );
  const task = { codings, index: 1, before: [0], counted: { rows, areJudged: true }, kept: [], judged: rows };
  expect(findRecalled(task, { judged: sure, counted: sure })).toBeUndefined();
  // Of half of the patients a single row.
  const alone = createTable([
    { name: "patient", kind: "text", values: Array.from({ length: 240 }, (_, i) => `patient ${i % 160}`) },
    {
      ...{ name: "age", kind: "text" },
      values: Array.from({ length: 240 }, (_, i) => `age ${i % 160 < 80 ? i % 2 : 2 + Number(i % 4 === 0)}`),
    },
  ]);
  const others = alone.columns.map(({ name }) => ({ name, coding: codingOf(alone, name, {}) }));
  const again = new EncodedColumns(alone, others);
  const flat = new Float32Array(240 * 4).fill(1 / 4);
  const odds = { judged: flat, counted: flat };
  const found = findRecalled(
    { ...task, codings: others, counted: { rows: again, areJudged: false }, judged: again },
    odds,
  );
  const { keys = [], groups = [] } = found?.recalled ?? {};
  expect([keys.length, groups.length]).toEqual([80, 81]);
  const ages = keysOf(again.at(1));
  const change = (row: number): number => found?.changes[row] as number;
  // The rows of groups of two count among all other rows, too: without themselves they have no group.
  const strength = 0.02;
  const counts = [0, 1, 2, 3].map((code) => ages.filter((own) => own === code).length);
  const factors = counts.map((count) => (count + strength) / (60 + strength));
  const mean = factors.reduce((sum, factor) => sum + factor / 4, 0);
  expect(change(81)).toBeCloseTo(Math.log((factors[ages[81] as number] as number) / mean), 6);
  const [seen, rest] = [(2 + strength) / (0.5 + strength), strength / (1.5 + strength)];
  expect(change(0)).toBeCloseTo(Math.log(seen / (seen / 4 + (3 / 4) * rest)), 6);
  // The group without a key is that of any other key, also of a missing one, and a file keeps it.
  const read = found && recalledFromJson(JSON.parse(JSON.stringify(found.recalled.toJson())));
  expect(read).toEqual(found?.recalled);
  const { cells } = again.at(0);
  expect([
    ...(read?.groupsOf(2, () => ({
      values: undefined,
      cells: Float32Array.of(-1, 0, 0, 0, 0, ...cells.subarray(0, 5)),
    })) ?? []),
  ]).toEqual([80, 0]);
});

test("numbers of a wide range select no codes, and numbers are recalled without a column that selects them", () => {
  const weights = Float64Array.from({ length: 300 }, (_, i) => (7919 * (1 + (i >> 2))) % 10007);
  const table = createTable([
    { name: "weight", kind: "number", values: weights },
    { name: "group", kind: "text", values: Array.from(weights, (weight) => `group ${weight % 3}`) },
  ]);
  const codings = table.columns.map(({ name }) => ({ name, coding: codingOf(table, name, {}) }));
  expect(codings.map(({ coding }) => coding.components > 0)).toEqual([true, false]);
  const rows = new EncodedColumns(table, codings);
  const task = { codings, counted: { rows, areJudged: true }, kept: [], judged: rows };
  const { codes } = (codings[1] as (typeof codings)[number]).coding;
  const shares = new Float32Array(300 * codes).fill(1 / codes);
  expect(findRecalled({ ...task, index: 1, before: [0] }, { judged: shares, counted: shares })).toBeUndefined();
  const [p, w] = [new Float64Array(300).fill(1 / 10007), new Float64Array(300).fill(1)];
  const found = findRecalled({ ...task, index: 0, before: [] }, { p, w, b: p });
  expect(found?.recalled.by).toEqual([]);
  expect(found?.recalled.groups[0]?.values).toHaveLength(75);
});

test("recall that shows which rows were learned is refused", () => {
  // In some groups of three rows all have the same number, in others two: without one of the two, a new row gains nothing.
  const found = (triples: number, pairs: number) => {
    const keys = Float64Array.from({ length: 1200 }, (_, i) => 30 * Math.floor(i / 3));
    const numbers = Float64Array.from(keys, (key, i) => {
      const [kind, place] = [(key / 30) % 100, i % 3];
      const isFirst = kind < triples || (kind < triples + pairs && place < 2);
      return (7919 * (1 + (isFirst ? i - place : i))) % 10007;
    });
    const table = createTable([
      { name: "key", kind: "number", values: keys },
      { name: "number", kind: "number", values: numbers },
    ]);
    return foundIn(table);
  };
  expect(found(40, 5)?.recalled.by).toEqual([0]);
  expect(found(4, 40)).toBeUndefined();
});

test("a few groups with the same numbers do not make recall certain", () => {
  const keys = Float64Array.from({ length: 300 }, (_, i) => 30 * Math.floor(i / 3));
  const sums = [4, 60].map((groups) => {
    const numbers = keys.map((key, i) => (7919 * (1 + (key < 30 * groups ? key : i))) % 10007);
    const table = createTable([
      { name: "key", kind: "number", values: keys },
      { name: "number", kind: "number", values: numbers },
    ]);
    return Math.max(...(foundIn(table)?.recalled.sums ?? [0]));
  });
  // All other groups have three different numbers.
  expect(sums[0]).toBeGreaterThan(0.9);
  expect(sums[0]).toBeLessThan(0.98);
  expect(sums[1]).toBeGreaterThan(0.99);
});

test("a fit that recalls codes makes new rows likelier, and samples have their frequencies", async () => {
  const all = visits(100, 8);
  const rows = (isNew: boolean) => [...new Array(all.rows).keys()].filter((row) => row % 8 >= 4 === isNew);
  const train = takeTableRows(all, rows(false));
  const { model } = await fitTableDensity(train, { ...small, relations: [], recall: true });
  const [patient, age] = model.columns as [DensityColumn, DensityColumn];
  expect(age.copies?.recalled?.by).toEqual([0]);
  const without = new TableDensity([patient, { ...age, copies: undefined }]);
  const gain = (table: Table): number => {
    const [own, other] = [model.logProb(table), without.logProb(table)];
    return own.reduce((sum, value, row) => sum + value - (other[row] as number), 0) / table.rows;
  };
  expect(gain(takeTableRows(all, rows(true)))).toBeGreaterThan(0.3);
  const share = ({ columns }: Table, text: string): number => {
    const { values } = columns[1] as { readonly values: ArrayLike<unknown> };
    return Array.from(values).filter((value) => value === text).length / values.length;
  };
  const drawn = model.sample(key, 4000);
  expect(gain(drawn)).toBeGreaterThan(0.3);
  expect(gain(without.sample(key, 4000))).toBeLessThan(-0.3);
  for (const text of ["age 0", "age 1", "age 3"]) expect(share(drawn, text)).toBeCloseTo(share(train, text), 1);
  model.dispose();
});

test("a second column selects the numbers if both together do, and independent numbers are not recalled", () => {
  const found = (share: number) => foundIn(fees(600, share));
  const recalled = found(0.7)?.recalled;
  expect([...(recalled?.by ?? [])].sort()).toEqual([0, 1]);
  expect(found(0)).toBeUndefined();
  // As it is read from a file: also the groups of cells, new and missing ones among them.
  const again = recalled && recalledFromJson(JSON.parse(JSON.stringify(recalled.toJson())));
  expect(again).toEqual(recalled);
  const cells = (values: readonly number[]): CodedCells => ({
    cells: new Float32Array(),
    values: Float64Array.from(values),
  });
  const [first = []] = recalled?.keys ?? [];
  const columns = recalled?.by.map((_, k) => cells([first[k] as number, Number.NaN, -1]));
  const cellsOf = (place: number): CodedCells => columns?.[recalled?.by.indexOf(place) as number] as CodedCells;
  expect([...(recalled?.groupsOf(3, cellsOf) ?? [])]).toEqual([0, -1, -1]);
});

test("two columns that lose alone are found among others, in more rows than rank the pairs", () => {
  const table = fees(8000, 0.7, 40);
  const codes = Array.from({ length: 6 }, (_, k) => ({
    name: `code ${k}`,
    kind: "number" as const,
    values: Float64Array.from({ length: table.rows }, (_, row) => (k + 3) * row),
  }));
  const columns = [...codes.slice(0, 3), table.columns[0], ...codes.slice(3), ...table.columns.slice(1)] as Column[];
  // By a rate or a size alone, a fee has a probability of about 0.7 / 40.
  expect([...(foundIn(createTable(columns), 1 / 30)?.recalled.by ?? [])].sort()).toEqual([3, 7]);
});

test("a third column selects the numbers if all three together do", () => {
  const [u, v, w] = ["u", "v", "w"].map((name) =>
    Array.from(key.fold(name).uniform(1500), (x) => Math.floor(6 * x)),
  ) as [...[number[], number[], number[]]];
  const numbers = Float64Array.from(
    u,
    (a, i) => (7919 * (1 + a + 6 * (v[i] as number) + 36 * (w[i] as number))) % 10007,
  );
  const table = createTable([
    ...[u, v, w].map((values, i) => ({ name: `key ${i}`, kind: "number" as const, values: Float64Array.from(values) })),
    { name: "number", kind: "number", values: numbers },
  ]);
  const found = foundIn(table);
  expect([...(found?.recalled.by ?? [])].sort()).toEqual([0, 1, 2]);
  // All rows of a group have the same number.
  expect(Math.min(...(found?.recalled.sums ?? [0]))).toBeGreaterThan(0.9);
});

test("frequent numbers with a meaning of their own are not recalled, and keep their share", async () => {
  const count = 1200;
  const [u, v, w] = ["u", "v", "w"].map((name) => key.fold(name).uniform(count)) as [
    ...[Float32Array, Float32Array, Float32Array],
  ];
  const places = Float64Array.from(u, (_, i) => 30 * Math.floor(i / 6));
  const sizes = places.map((place, i) => {
    if ((v[i] as number) < 0.5) return 0;
    return 1 + ((w[i] as number) < 0.5 ? (7919 * (1 + place)) % 10007 : (104729 * (1 + i)) % 10007);
  });
  const table = createTable([
    { name: "place", kind: "number", values: places },
    { name: "size", kind: "number", values: sizes },
  ]);
  const { model } = await fitTableDensity(table, { ...small, relations: [], recall: true });
  const { copies } = model.columns[1] as DensityColumn;
  expect(copies?.kept).toContain(0);
  expect(copies?.recalled?.by).toEqual([0]);
  expect(copies?.recalled?.groups.flatMap(({ values }) => values)).not.toContain(0);
  const zeros = ({ columns, rows }: Table): number =>
    [...(columns[1]?.values ?? [])].filter((x) => x === 0).length / rows;
  expect(Math.abs(zeros(model.sample(key, 8000)) - zeros(table))).toBeLessThan(0.02);
  model.dispose();
});

test("a fit that recalls numbers makes new rows likelier, and the other numbers repeat less", async () => {
  const all = fees(9000, 0.7);
  const rows = (from: number, to: number) =>
    takeTableRows(
      all,
      Array.from({ length: to - from }, (_, i) => from + i),
    );
  // Without a network, the column would recall no cells.
  const { model } = await fitTableDensity(rows(0, 800), { ...small, maxEpochs: 40, relations: [], recall: true });
  const fee = model.columns[2] as DensityColumn;
  expect([...(fee.copies?.recalled?.by ?? [])].sort()).toEqual([0, 1]);
  expect((fee.coding as NumberCoding).options.rankFactor).toBeGreaterThan(1);
  const coding = (fee.coding as NumberCoding).withLessObserved(
    (fee.coding as NumberCoding).options.rankFactor as number,
  );
  const without = new TableDensity(model.columns.with(2, { ...fee, coding, copies: undefined }));
  const mean = (density: TableDensity): number =>
    density.logProb(rows(800, 1600)).reduce((sum, value) => sum + value, 0) / 800;
  expect(mean(model) - mean(without)).toBeGreaterThan(1);
  // As often as in new rows, samples have the number of a training row.
  const known = new Set(rows(0, 800).columns[2]?.values as Float64Array);
  const share = (table: Table): number => {
    const values = [...(table.columns[2]?.values ?? [])];
    return values.filter((value) => known.has(value as never)).length / values.length;
  };
  // Of 800 rows, a share of .7 has a standard error of .016.
  expect(Math.abs(share(model.sample(key, 9000)) - share(rows(800, 9000)))).toBeLessThan(0.04);
  model.dispose();
});
