import { useBackend } from "@pushforward/backend";
import { createKey, type Json, ModelFileError, OptionError } from "@pushforward/core";
import type { Column, Table } from "@pushforward/datasets";
import { createTable, takeTableRows } from "@pushforward/datasets/extend";
import { decodeModel, encodeModel } from "@pushforward/serialization";
import { beforeAll, expect, test } from "vitest";
import { registry, small } from "../../cases/fitted.ts";
import { orderedRows, orderedRules, ruledDensityCases } from "../../cases/ruled-densities.ts";
import { columnOf } from "../density/coding/category-coding.ts";
import type { DensityColumn } from "../density/density-column.ts";
import type { DrawnHoles } from "../density/draw-holes.ts";
import { fitTableDensity } from "../density/fit/fit-table-density.ts";
import { RuleSearch } from "./find-rules.ts";
import { sumRules } from "./find-sums.ts";
import { describeRules, type RowRule, rowsThatKeep, rulesFromJson, rulesToJson } from "./row-rules.ts";
import { RuledDensity } from "./ruled-density.ts";
import type { SumRule } from "./sum-rules.ts";

const key = createKey(20261130);
beforeAll(() => useBackend("wasm"));

const make = (): RuledDensity => ruledDensityCases["RuledDensity"]?.make(key) as RuledDensity;

test("rows that break a rule are never drawn, and drawn rows are those of the density that keep the rules", () => {
  using model = make();
  const drawn = model.sample(key, 500);
  expect(drawn.rows).toBe(500);
  expect([...new Set(model.firstBroken(drawn))]).toEqual([-1]);
  const free = model.density.sample(key, 500);
  const broken = model.firstBroken(free);
  const kept = Array.from(broken.keys()).filter((row) => broken[row] === -1);
  expect(kept.length).toBeLessThan(500);
  expect(
    takeTableRows(
      drawn,
      kept.map((_, row) => row),
    ),
  ).toEqual(takeTableRows(free, kept));
});

test("a broken rule lowers the log-density of the last of its columns by the same amount in all rows", () => {
  using model = make();
  const table = createTable([
    { name: "low", kind: "number", values: Float64Array.of(1, 3, 1, 0) },
    { name: "high", kind: "number", values: Float64Array.of(2, 2, 2, 2) },
    { name: "word", kind: "text", values: ["some", "some", "empty", "empty"] },
  ]);
  expect(Array.from(model.firstBroken(table))).toEqual([-1, 0, 1, -1]);
  const [own, free] = [model.cellLogProb(table), model.density.cellLogProb(table)];
  const added = own.map((cells, k) => Array.from(cells, (value, row) => value - (free[k]?.[row] ?? 0)));
  const [kept, floor] = [Math.log(model.floor + (1 - model.floor) / (model.share as number)), Math.log(model.floor)];
  expect(added[0]).toEqual([0, 0, 0, 0]);
  expect(added[1]).toEqual([0, expect.closeTo(floor, 9), 0, 0]);
  expect(added[2]).toEqual([expect.closeTo(kept, 9), 0, expect.closeTo(floor, 9), expect.closeTo(kept, 9)]);
});

type Cells = Readonly<Record<string, string | number>>;

const lows = [0, 1, 2, 3, 4, Number.NaN];
const words = ["none", "empty", "some"];
const ofWords = { low: lows, high: [0, 1, 2, 3, 4, 5, 6, 7], word: words };
const ofMany = { low: [0, 4, 8, 12, 16], high: [...Array.from({ length: 321 }, (_, x) => x), Number.NaN] };
const ofAges = { ward: ["children", "adults", "all"], age: [...Array.from({ length: 91 }, (_, x) => x), Number.NaN] };
const present = (cells: readonly number[]): readonly number[] => cells.filter((x) => !Number.isNaN(x));

/** All cells that can be drawn, the known cells, and whether a hole may be missing. */
const holes: readonly (readonly [string, Readonly<Record<string, readonly (string | number)[]>>, Cells, boolean])[] = [
  ["column by column", ofWords, { low: 2 }, true],
  ["column by column", ofWords, { high: 2, word: "some" }, true],
  ["column by column", ofWords, { word: "empty" }, true],
  ["column by column", { ...ofWords, low: present(lows) }, { high: 3 }, false],
  ["many integers", ofMany, { low: 8 }, true],
  ["many integers", { ...ofMany, high: present(ofMany.high) }, { low: 4 }, false],
  ["many integers", ofMany, { high: 10 }, true],
  ["many integers", ofMany, {}, true],
  ["ranges of integers", ofAges, { ward: "adults" }, true],
  ["states by ranges", ofAges, { age: 12 }, true],
];

test.each(holes.map(([name, all, known, mayBeMissing]) => ({ name, all, known, mayBeMissing })))(
  "draws of holes, $name, given $known, have the distribution of the density",
  ({ name, all, known, mayBeMissing }) => {
    using model = ruledDensityCases[`RuledDensity, ${name}`]?.make(key) as RuledDensity;
    let rows: readonly Cells[] = [known];
    const open = Object.keys(all).filter((column) => !Object.hasOwn(known, column));
    for (const column of open)
      rows = rows.flatMap((row) => (all[column] ?? []).map((cell) => ({ ...row, [column]: cell })));
    const columnOfRows = ({ name: column, coding }: RuledDensity["columns"][number]): Column =>
      coding.columnKind === "number"
        ? { name: column, kind: "number", values: Float64Array.from(rows, (row) => row[column] as number) }
        : { name: column, kind: "text", values: rows.map((row) => row[column] as string) };
    const whole = createTable(model.columns.map(columnOfRows));
    const exact = model.logProb(whole).map(Math.exp);
    const sum = exact.reduce((total, p) => total + p, 0);
    const masks = new Map(open.map((column) => [column, Uint8Array.of(1)]));
    const task = { table: takeTableRows(whole, [0]), holes: masks, times: 8000, mayBeMissing, key };
    const drawn = model.drawHoles?.(task, []) as DrawnHoles;
    const weights = drawn.logWeights.map(Math.exp);
    const total = weights.reduce((some, weight) => some + weight, 0);
    expect(Math.abs(Math.log(total / task.times / sum))).toBeLessThan(0.04);
    for (const column of open) {
      const got = sharesOf(columnOf(drawn.table, column), weights, total);
      for (const [cell, share] of sharesOf(columnOf(whole, column), exact, sum)) {
        expect(Math.abs((got.get(cell) ?? 0) - share), `${column} ${cell}`).toBeLessThan(0.025);
      }
    }
  },
);

/** The share of each cell, or of each range of 20 numbers above 20. */
function sharesOf({ values }: Column, weights: Float64Array, total: number): ReadonlyMap<string | number, number> {
  const shares = new Map<string | number, number>();
  for (const [i, weight] of weights.entries()) {
    const cell = values[i] as string | number;
    const group = typeof cell === "number" && cell > 20 ? 20 * Math.floor(cell / 20) : cell;
    shares.set(group, (shares.get(group) ?? 0) + weight / total);
  }
  return shares;
}

test("draws of holes have no weight to speak of where they break a rule", () => {
  using model = make();
  const table = createTable([
    { name: "low", kind: "number", values: Float64Array.of(4) },
    { name: "high", kind: "number", values: Float64Array.of(0) },
    { name: "word", kind: "text", values: ["some"] },
  ]);
  const holes = new Map([["high", Uint8Array.of(1)]]);
  const task = { table, holes, times: 400, mayBeMissing: true, key };
  const { table: drawn, logWeights } = model.drawHoles?.(task, []) ?? { table, logWeights: new Float64Array() };
  const broken = model.firstBroken(drawn);
  const sum = (isKept: boolean): number =>
    logWeights.reduce((total, value, row) => total + ((broken[row] === -1) === isKept ? Math.exp(value) : 0), 0);
  expect(broken.some((rule) => rule >= 0)).toBe(true);
  expect(sum(false) / sum(true)).toBeLessThan(0.02);
});

test("comes back from a file, and a damaged file is refused", () => {
  using model = make();
  const table = orderedRows(40);
  const bytes = encodeModel(model, registry);
  using copy = decodeModel<RuledDensity>(bytes, registry).model;
  expect(copy.rules).toEqual(orderedRules);
  expect(copy.logProb(table)).toEqual(model.logProb(table));
  const config = registry.encode(model);
  const damaged = JSON.parse(JSON.stringify(config).replace('"type":"order"', '"type":"sorted"'));
  expect(() => registry.decode(damaged)).toThrow(/expected one of order, combinations/);
});

test("refuses rules that its columns can't have", async () => {
  const { model: density } = await fitTableDensity(orderedRows(60), { ...small, maxEpochs: 1 });
  const parts = { density, share: 0.5, floor: 0.01 };
  const order = (a: string, b: string): RowRule => ({ type: "order", columns: [a, b] });
  expect(() => new RuledDensity({ ...parts, rules: [] })).toThrow(OptionError);
  expect(() => new RuledDensity({ ...parts, rules: [order("low", "word")] })).toThrow(/column of numbers.*"word"/);
  expect(() => new RuledDensity({ ...parts, rules: [order("low", "x")] })).toThrow(/"x"/);
  expect(() => new RuledDensity({ ...parts, share: 0, rules: [order("low", "high")] })).toThrow(/share in \(0, 1\]/);
  density.dispose();
});

const names = ["low", "high", "word"];

/** The cells of a column in random order. */
function shuffle(column: Column): Column {
  const rows = column.values.length;
  return takeTableRows({ rows, columns: [column] }, key.fold(column.name).permutation(rows)).columns[0] as Column;
}

test("finds the rules that all rows satisfy and a model breaks, no other", () => {
  const table = orderedRows(400);
  // Independent columns break all rules.
  const shuffled = createTable(table.columns.map(shuffle));
  const search = new RuleSearch(table, names, () => "number");
  // A high of 0 has a low of 0 or none, so the others follow from these two.
  expect(describeRules(search.found(shuffled))).toEqual([
    "low ≤ high",
    "high − low ≤ 3",
    "low not 0 never occurs with high 0",
    "low and word occur in 3 of 9 combinations",
    "high 0 never occurs with word some",
    "high ≤ 3 where low is 0",
    "high ≤ 3 where word is empty",
  ]);
  // A model that keeps them needs no rules.
  expect(search.found(table)).toEqual([]);
  expect(new RuleSearch(table, names, (name) => name).found(shuffled).map(({ type }) => type)).not.toContain("order");
  // One row that breaks a rule ends it.
  const values = (table.columns[1] as { values: Float64Array }).values.slice();
  values[(table.columns[0] as { values: Float64Array }).values.findIndex((x) => x > 0)] = 0;
  const broken = createTable(
    table.columns.map((column, k) => (k === 1 ? { ...column, kind: "number", values } : column)),
  );
  expect(new RuleSearch(broken, names, () => "number").found(shuffled).map(({ type }) => type)).not.toContain("order");
});

test("finds the range of a number in a state if it ends with an edge", () => {
  const rows = 2000;
  const [u, v] = [key.fold("ward").uniform(rows), key.fold("age").uniform(rows)];
  const z = key.fold("size").normal(rows);
  const ward = Array.from(u, (x) => (x < 0.3 ? "children" : x < 0.6 ? "women" : "all"));
  const table = createTable([
    { name: "ward", kind: "text", values: ward },
    {
      ...{ name: "age", kind: "number" },
      values: Float64Array.from(v, (x, row) =>
        Math.floor(ward[row] === "children" ? 16 * x : ward[row] === "women" ? 16 + 33 * x : 90 * x),
      ),
    },
    // Tails are no edges, although few numbers are as large as the numbers of the other states.
    {
      ...{ name: "size", kind: "number" },
      values: Float64Array.from(z, (x, row) => Math.round(10 * (x + (ward[row] === "children" ? 0 : 6)))),
    },
  ]);
  const shuffled = createTable(table.columns.map(shuffle));
  const all = table.columns.map(({ name }) => name);
  const found = new RuleSearch(table, all, () => "number").found(shuffled);
  expect(describeRules(found).toSorted()).toEqual([
    "age is 16 to 48 where ward is women",
    "age ≤ 15 where ward is children",
  ]);
  expect(found.every((rule) => rowsThatKeep(rule, table).every((keeps) => keeps === 1))).toBe(true);
  expect(new RuleSearch(table, all, () => "number").found(table)).toEqual([]);
  expect(new RuleSearch(table, all, () => "date").found(shuffled)).toEqual([]);
});

/** Columns of 0 and 1 for some values of a category; the last one is independent of it. */
function indicators(rows: number, shares: readonly number[]): Table {
  const [u, v] = [key.fold("kind").uniform(rows), key.fold("other").uniform(rows)];
  const below = shares.map((_, k) => shares.slice(0, k).reduce((sum, share) => sum + share, 0));
  const columns = shares.map((share, k): Column => {
    const from = below[k] as number;
    return {
      name: `is ${k}`,
      kind: "number",
      values: Float64Array.from(u, (x) => Number(x >= from && x < from + share)),
    };
  });
  return createTable([
    ...columns,
    { name: "other", kind: "number", values: Float64Array.from(v, (x) => Number(x < 0.05)) },
  ]);
}

test("values of a category with a column each exclude each other, also rare ones", () => {
  const table = indicators(400, [0.3, 0.25, 0.15, 0.06, 0.04]);
  const all = table.columns.map(({ name }) => name);
  const search = new RuleSearch(table, all, (name) => name);
  const found = search.found(indicatorsOfChance(table));
  expect(describeRules(found)).toEqual(["at most one of is 0, is 1, is 2, is 3, is 4 is not 0"]);
  expect(found).toHaveLength(10);
  expect(found.every((rule) => rowsThatKeep(rule, table).every((keeps) => keeps === 1))).toBe(true);
  // One row with two values ends the rules of these.
  const values = (table.columns[1] as { values: Float64Array }).values.slice();
  values[((table.columns[3] as Column).values as Float64Array).indexOf(1)] = 1;
  const changed = createTable(
    table.columns.map((column, k) => (k === 1 ? { ...column, kind: "number", values } : column)),
  );
  const others = new RuleSearch(changed, all, (name) => name).found(indicatorsOfChance(table));
  expect(others.map(({ columns }) => columns)).not.toContainEqual(["is 1", "is 3"]);
  expect(others.map(({ columns }) => columns)).toContainEqual(["is 0", "is 1"]);
});

/** As many ones, in random rows, so that all pairs occur. */
function indicatorsOfChance({ columns }: Table): Table {
  const rows = 20_000;
  return createTable(
    columns.map(({ name, values }) => {
      const share = (values as Float64Array).reduce((sum, x) => sum + x / values.length, 0);
      const ones = Float64Array.from(key.fold("chance").fold(name).uniform(rows), (u) => Number(u < share));
      return { name, kind: "number", values: ones };
    }),
  );
}

test("independent columns have no rules", () => {
  let found = 0;
  for (let turn = 0; turn < 60; turn++) {
    // More rows have more evidence.
    const rows = turn < 40 ? 60 : 2000;
    const of = (name: string) => key.fold(turn).fold(name);
    const table = createTable([
      { name: "a", kind: "number", values: Float64Array.from(of("a").normal(rows)) },
      { name: "b", kind: "number", values: Float64Array.from(of("b").normal(rows), (z) => z + 2) },
      { name: "c", kind: "text", values: Array.from(of("c").uniform(rows), (u) => "uvwxyz".charAt(Math.floor(6 * u))) },
      {
        name: "d",
        kind: "text",
        values: Array.from(of("d").uniform(rows), (u) => "uvwxyz".charAt(Math.floor(6 * u * u))),
      },
    ]);
    const drawn = createTable(table.columns.map(shuffle));
    found += new RuleSearch(table, ["a", "b", "c", "d"], () => "number").found(drawn).length;
  }
  expect(found).toBe(0);
});

test("a combination that occurs once does not hide that two columns are missing together", () => {
  const rows = 400;
  const [u, v, w] = ["quality", "condition", "kind"].map((name) => key.fold(name).uniform(rows)) as [
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  const words = (name: string, of: (row: number) => string): Column => {
    const values = Array.from({ length: rows }, (_, row) => of(row));
    return { name, kind: "text", values, missing: new Set(values.flatMap((word, row) => (word === "" ? [row] : []))) };
  };
  const wordAt = (x: number): string => ["good", "fair", "poor"][Math.floor(3 * x)] as string;
  const isThere = (row: number): boolean => row % 9 > 0;
  // "odd" occurs once; the kind is missing in more rows.
  const quality = words("quality", (row) => (row === 1 ? "odd" : isThere(row) ? wordAt(u[row] as number) : ""));
  const condition = words("condition", (row) => (isThere(row) ? wordAt(v[row] as number) : ""));
  const kind = words("kind", (row) =>
    row === 2 ? "other" : isThere(row) && row % 8 > 0 ? wordAt(w[row] as number) : "",
  );
  const table = createTable([quality, condition, kind]);
  const search = new RuleSearch(table, ["quality", "condition", "kind"], () => "number");
  const found = search.found(createTable(table.columns.map(shuffle)));
  expect(describeRules(found)).toEqual([
    "quality and condition are missing in the same rows",
    "kind is missing where quality is",
    "kind is missing where condition is",
  ]);
  expect(found.every((rule) => rowsThatKeep(rule, table).every((keeps) => keeps === 1))).toBe(true);
});

test("few rows are enough for a state that would be rare in them by chance", () => {
  const rows = 110;
  const [u, v] = [key.fold("left").uniform(rows), key.fold("right").uniform(rows)];
  const numbers = (name: string, of: (row: number) => number): Column => ({
    ...{ name, kind: "number" },
    values: Float64Array.from({ length: rows }, (_, row) => of(row)),
  });
  // 10 rows without numbers: independent columns would have 18 rows with one of the two.
  const isThere = (row: number): boolean => row % 11 > 0;
  const left = numbers("left", (row) => (isThere(row) ? 1 + (u[row] as number) : Number.NaN));
  const right = numbers("right", (row) => (isThere(row) ? 2 - (v[row] as number) : Number.NaN));
  // 15 rows are 0 in the first column, and 21 in the second.
  const outs = numbers("outs", (row) => (row < 15 ? 0 : 5 + row));
  const assists = numbers("assists", (row) => (row < 21 ? 0 : 1 + Math.floor(9 * (u[row] as number))));
  // 1 in all rows where the first numbers are missing, but also in half of all other rows: this may be chance.
  const often = numbers("often", (row) => (row % 11 === 0 || row % 2 === 0 ? 1 : 0));
  const table = createTable([left, right, outs, assists, often]);
  const names = table.columns.map(({ name }) => name);
  const found = new RuleSearch(table, names, () => "date").found(createTable(table.columns.map(shuffle)));
  const ofStates = describeRules(found.filter(({ type }) => type === "combinations"));
  expect(ofStates).toEqual(["left and right are missing in the same rows", "outs 0 never occurs with assists not 0"]);
});

test("a category of a single row does not hide that a rare value excludes missing cells", () => {
  const rows = 3000;
  const u = key.fold("feature").uniform(rows);
  // A value of 0 in most rows and a feature in the remaining rows, of which one row has a category of its own.
  const isThere = (row: number): boolean => row % 30 === 0;
  const feature = Array.from(u, (x, row) => (row === 30 ? "lift" : isThere(row) ? (x < 0.8 ? "shed" : "court") : ""));
  const missing = new Set(feature.flatMap((word, row) => (word === "" ? [row] : [])));
  const value = Float64Array.from(u, (x, row) =>
    isThere(row) && row !== 60 && row !== 90 ? 100 + Math.floor(900 * x) : 0,
  );
  const table = createTable([
    { name: "feature", kind: "text", values: feature, missing },
    { name: "value", kind: "number", values: value },
  ]);
  const search = new RuleSearch(table, ["feature", "value"], () => "number");
  const [rule, ...others] = search.found(createTable(table.columns.map(shuffle)));
  expect(others).toEqual([]);
  const rowOf = (word: string, x: number): Table =>
    createTable([
      { name: "feature", kind: "text", values: [word], missing: new Set(word === "" ? [0] : []) },
      { name: "value", kind: "number", values: Float64Array.of(x) },
    ]);
  const keeps = (word: string, x: number): number => rowsThatKeep(rule as RowRule, rowOf(word, x))[0] as number;
  expect([keeps("", 500), keeps("", 0), keeps("shed", 500), keeps("shed", 0), keeps("lift", 500)]).toEqual([
    0, 1, 1, 1, 1,
  ]);
});

test("a rule of a sum has free columns in place of those that follow from other columns", () => {
  const make = (name: string, dependent?: object): DensityColumn =>
    ({ name, coding: { columnKind: "number" }, ...(dependent && { dependent }) }) as unknown as DensityColumn;
  const linear = (from: number[], weights: number[], plus: number): object => ({
    ...{ from, relation: { type: "linear", weights, plus } },
  });
  const columns = [
    make("a"),
    make("twice", linear([0], [2], 1)),
    make("b"),
    make("sum", linear([1, 2], [1, -1], 0)),
    make("rest", linear([3, 0], [-1, 3], 9)),
    make("product", { from: [0, 3], relation: { type: "product" } }),
    make("difference", linear([5, 2], [1, -1], 0)),
  ];
  const table = (a: number[], b: number[]): Table => {
    const number = (name: string, of: (x: number, y: number) => number): Column => ({
      ...{ name, kind: "number", values: Float64Array.from(a, (x, row) => of(x, b[row] as number)) },
    });
    return createTable([
      number("a", (x) => x),
      number("twice", (x) => 2 * x + 1),
      number("b", (_, y) => y),
      number("sum", (x, y) => 2 * x + 1 - y),
      number("rest", (x, y) => x + y + 8),
      number("product", (x, y) => x * (2 * x + 1 - y)),
      number("difference", (x, y) => x * (2 * x + 1 - y) - y),
    ]);
  };
  const rules = sumRules(columns, table([2, 4], [5, 1]));
  const rule = { type: "sum", of: "sum", columns: ["twice", "b"], weights: [1, -1], plus: 0, low: 0 };
  const ofRest = { type: "sum", of: "rest", columns: ["a", "twice", "b"], weights: [3, -1, 1], plus: 9, low: 0 };
  expect(rules).toEqual([{ ...rule, of: "twice", columns: ["a"], weights: [2], plus: 1 }, rule, ofRest]);
  expect(describeRules(rules)).toEqual(["twice ≥ 0", "sum ≥ 0", "rest ≥ 0"]);
  const rows = table([0, 1, 1, Number.NaN], [1, 3, 3.5, 9]);
  expect(Array.from(rowsThatKeep(rules[1] as RowRule, rows))).toEqual([1, 1, 0, 1]);
  // A table with a negative number has no rule.
  expect(sumRules(columns, table([2, 4], [5, 10])).map(({ of }) => of)).toEqual(["twice", "rest"]);
});

test("a sum that is often 0 is never negative, also if a model rarely breaks that", () => {
  const table = (one: (row: number) => number, two: (row: number) => number): Table => {
    const values = (of: (row: number) => number): Float64Array =>
      Float64Array.from({ length: 400 }, (_, row) => of(row));
    return createTable([
      { name: "one", kind: "number", values: values(one) },
      { name: "two", kind: "number", values: values(two) },
      { name: "none", kind: "number", values: values((row) => 1 - one(row) - two(row)) },
    ]);
  };
  const rows = table(
    (row) => (row < 40 ? 1 : 0),
    (row) => (row >= 380 ? 1 : 0),
  );
  const drawn = table(
    (row) => (row < 40 ? 1 : 0),
    (row) => (row >= 380 || row === 0 ? 1 : 0),
  );
  const rule = (of: string): SumRule => ({
    ...{ type: "sum", of, columns: ["one", "two"], weights: [-1, -1], plus: 1 },
    low: 0,
  });
  const found = (of: string): RowRule[] =>
    new RuleSearch(rows, ["one", "two"], () => "number", [rule(of)]).found(drawn);
  expect(found("none")).toContainEqual(rule("none"));
  // No row has a 0 here.
  const all = createTable([...rows.columns, { name: "some", kind: "number", values: new Float64Array(400).fill(1) }]);
  expect(new RuleSearch(all, ["one", "two"], () => "number", [rule("some")]).found(drawn)).not.toContainEqual(
    rule("some"),
  );
});

test("says in words which cells are empty or 0 together", () => {
  const pair = (state: null | "0"): RowRule => ({
    ...{ type: "combinations", columns: ["a", "b"] },
    allowed: [
      [state, state],
      ["not 0", "not 0"],
    ],
  });
  expect(describeRules([pair(null), pair("0")])).toEqual([
    "a and b are missing in the same rows",
    "a and b are 0 in the same rows",
  ]);
  const never = (columns: readonly [string, string], a: string, b: string, other: string): RowRule => ({
    ...{ type: "combinations", columns },
    allowed: [
      [a, other],
      ["no", b],
      ["no", other],
    ],
  });
  const rules = [never(["a", "b"], "yes", "yes", "no"), never(["b", "c"], "yes", "not 0", "0")];
  expect(describeRules(rules)).toEqual(["a yes never occurs with b yes", "b yes never occurs with c not 0"]);
  expect(describeRules([...rules, never(["a", "c"], "yes", "not 0", "0"), pair(null)])).toEqual([
    "at most one of a = yes, b = yes, c = not 0 holds",
    "a and b are missing in the same rows",
  ]);
  const table = createTable([
    { name: "a", kind: "number", values: Float64Array.of(0, 0, 1, Number.NaN, 2) },
    { name: "b", kind: "number", values: Float64Array.of(0, 1, 0, 0, 7) },
  ]);
  // That rule has no state for missing cells.
  expect(Array.from(rowsThatKeep(pair("0"), table))).toEqual([1, 0, 0, 1, 1]);
});

const range = { type: "range", columns: ["ward", "age"], state: "children", low: 2, high: 15 };

test.each<[string, Json, string]>([
  ["no state", { ...range, state: 3 }, "state: expected a text or null, got 3"],
  ["no bound", { type: "range", columns: ["ward", "age"], state: null }, "expected low or high in a range, got none"],
  ["bounds in the wrong order", { ...range, low: 16 }, "high: expected at least low, 16, got 15"],
  ["a bound that is no number", { ...range, high: "15" }, 'high: expected a finite number, got "15"'],
  ["one column", { ...range, columns: ["age"] }, "columns: expected 2 names"],
  ["an unknown field", { ...range, most: 15 }, "most"],
])("a range of a model file with %s is refused", (_, json, message) => {
  expect(rulesFromJson(rulesToJson(rulesFromJson([range])) as Json[])).toEqual([range]);
  expect(() => rulesFromJson([json])).toThrow(ModelFileError);
  expect(() => rulesFromJson([json])).toThrow(message);
});
