import { createKey } from "@pushforward/core";
import type { Column, Table } from "@pushforward/datasets";
import { expect, test } from "vitest";
import { cpuSecondsOf } from "../../../testing/test/cpu-seconds-of.ts";
import { DEEP } from "../../../testing/test/deep.ts";
import { findVariables } from "../finding/find-variable.ts";
import { type ColumnRelation, computedNumber, describeDependent } from "./dependent-column.ts";
import { findDependentColumns } from "./find-dependent-columns.ts";

const ROWS = 200;
const [first, second, third] = createKey(3).split(3);
const a = Array.from(first.uniform(ROWS), (u) => Math.floor(100 * u));
const b = Array.from(second.uniform(ROWS), (u) => Math.floor(1000 * u) / 10);
const c = Array.from(third.uniform(ROWS), (u) => "uvwxyz".charAt(Math.floor(6 * u)));

function table(columns: Readonly<Record<string, readonly (string | number)[]>>): Table {
  const entries = Object.entries(columns);
  return {
    rows: entries[0]?.[1].length ?? 0,
    columns: entries.map(([name, values]): Column => ({ name, kind: "text", values: values.map(String) })),
  };
}

const find = (columns: Readonly<Record<string, readonly (string | number)[]>>): unknown =>
  findDependentColumns(findVariables(table(columns)));

test("columns that have nothing to do with each other are independent", () => {
  expect(find({ a, b, c })).toEqual([]);
});

test("constants and duplicates", () => {
  expect(find({ a, k: a.map(() => 5), c, again: c, e: a.map(() => ""), a2: a })).toEqual([
    { column: "k", from: [], relation: { type: "constant" } },
    { column: "again", from: ["c"], relation: { type: "duplicate" } },
    { column: "e", from: [], relation: { type: "constant" } },
    { column: "a2", from: ["a"], relation: { type: "duplicate" } },
  ]);
});

test("functions, in either order, and of codes that determine each other the later one", () => {
  const vowel = c.map((letter) => (letter === "u" ? "yes" : "no"));
  expect(find({ vowel, c })).toEqual([{ column: "vowel", from: ["c"], relation: { type: "function" } }]);
  expect(find({ c, vowel })).toEqual([{ column: "vowel", from: ["c"], relation: { type: "function" } }]);
  const code = c.map((letter) => letter.charCodeAt(0) ** 2 % 97);
  expect(find({ c, code })).toEqual([{ column: "code", from: ["c"], relation: { type: "function" } }]);
  expect(find({ code, c })).toEqual([{ column: "c", from: ["code"], relation: { type: "function" } }]);
});

test("numbers determine numbers if few rows have a number of their own; texts may have more of them", () => {
  const keys = (single: number): number[] =>
    Array.from({ length: ROWS }, (_, i) => (i < single * ROWS ? 1000 + 3 * i : ((i * 7) % 23) ** 2));
  const values = (of: readonly number[]): number[] => of.map((key) => ((key * 7919) % 1013) + 0.5);
  const [few, many] = [keys(0.04), keys(0.08)];
  const found = [{ column: "y", from: ["x"], relation: { type: "function" } }];
  expect(find({ x: few, y: values(few) })).toEqual(found);
  expect(find({ x: many, y: values(many) })).toEqual([]);
  expect(find({ x: many.map((key) => `k${key}`), y: values(many) })).toEqual(found);
});

test("one row that contradicts ends a function", () => {
  const code = c.map((letter) => letter.charCodeAt(0) ** 2 % 97);
  code[150] = code.find((value) => value !== code[150]) as number;
  expect(find({ c, code })).toEqual([]);
});

test("bins of a number, with any number of bins, where all rows and enough of them agree", () => {
  const bins = { column: "group", from: ["x"], relation: { type: "bins" } };
  const x = a.map((value, i) => (value + i / ROWS).toFixed(3));
  const group = a.map((value) => (value < 18 ? "child" : value < 65 ? "adult" : "senior"));
  expect(find({ x, group })).toEqual([bins]);
  expect(find({ group, x })).toEqual([bins]);
  expect(find({ c, x, b, group })).toEqual([bins]);
  // A value may have several bins.
  expect(find({ x, group: a.map((value) => (value < 20 || value >= 70 ? "odd" : "normal")) })).toEqual([bins]);
  // Numbers that repeat have a table of values too; bins also tell the cells of numbers that no row has.
  expect(find({ x: a, group })).toEqual([bins]);
  // A contradiction, within a bin or at equal numbers.
  expect(find({ x, group: group.map((cell, i) => (i === 77 ? "other" : cell)) })).toEqual([]);
  const tied = a.map((value) => Math.min(60, value));
  expect(find({ tied, group: a.map((value) => (value < 80 ? "low" : "high")) })).toEqual([]);
  // Three rows on one side of an edge are no evidence.
  const few = [...x].sort((p, q) => Number(q) - Number(p))[2] as string;
  expect(find({ x, group: x.map((value) => (Number(value) >= Number(few) ? "top" : "rest")) })).toEqual([]);
});

test("bins and missing cells", () => {
  const [x, group] = [a.map((value, i) => value + i / ROWS), a.map((value) => (value < 40 ? "low" : "high"))];
  const without = x.map((value, i) => (i % 9 === 4 ? "" : value.toFixed(3)));
  const bins = { column: "group", from: ["x"], relation: { type: "bins" } };
  expect(find({ x: without, group: group.map((cell, i) => (i % 9 === 4 ? "" : cell)) })).toEqual([bins]);
  expect(find({ x: without, group: group.map((cell, i) => (i % 9 === 4 ? "unknown" : cell)) })).toEqual([bins]);
  expect(find({ x: without, group })).toEqual([]);
  expect(find({ x, group: group.map((cell, i) => ((x[i] as number) > 80 ? "" : cell)) })).toEqual([bins]);
});

test("affine functions, with rounding", () => {
  const fahrenheit = b.map((x) => (1.8 * x + 32).toFixed(2));
  expect(find({ b, fahrenheit })).toEqual([
    { column: "fahrenheit", from: ["b"], relation: { type: "linear", weights: [1.8], plus: 32 } },
  ]);
  const inches = b.map((x) => (x / 2.54).toFixed(1));
  expect(find({ b, inches })).toMatchObject([{ column: "inches", from: ["b"], relation: { type: "linear" } }]);
  // The rounded column follows from the exact one, wherever it stands.
  expect(find({ rounded: b.map(Math.round), b })).toEqual([
    { column: "rounded", from: ["b"], relation: { type: "linear", weights: [1], plus: 0 } },
  ]);
  expect(find({ b, near: b.map((x, i) => (1.8 * x + 32 + (i === 77 ? 0.1 : 0)).toFixed(2)) })).toEqual([]);
});

test("sums of more than two columns, each with its sign, wherever the total stands", () => {
  const d = Array.from(createKey(4).uniform(ROWS), (u) => Math.floor(50 * u));
  const e = Array.from(createKey(5).uniform(ROWS), (u) => Math.floor(700 * u) / 100);
  const total = a.map((x, i) => x + (d[i] as number) + (e[i] as number)).map((x) => x.toFixed(2));
  const parts = { a, d, e: e.map((x) => x.toFixed(2)) };
  const sum = { column: "total", from: ["a", "d", "e"], relation: { type: "linear", weights: [1, 1, 1], plus: 0 } };
  expect(find({ ...parts, total })).toEqual([sum]);
  expect(find({ total, ...parts })).toEqual([sum]);
  // The last column may be negative: it is the result, because any of its values is possible.
  const signed = a.map((x, i) => (Number(total[i]) - x - (d[i] as number) - 3).toFixed(2));
  const sum3 = total.map((x) => (Number(x) - 3).toFixed(2));
  expect(find({ sum3, a, d, signed })).toEqual([
    { column: "signed", from: ["sum3", "a", "d"], relation: { type: "linear", weights: [1, -1, -1], plus: 0 } },
  ]);
  // A total with few values is no result.
  const left = a.map((x, i) => 1000 - x - (d[i] as number));
  expect(find({ ...parts, budget: a.map((_, i) => 1000 + (i % 7)), left: left.map((x, i) => x + (i % 7)) })).toEqual([
    { column: "left", from: ["a", "d", "budget"], relation: { type: "linear", weights: [-1, -1, 1], plus: 0 } },
  ]);
  expect(find({ ...parts, total: total.map((x, i) => (i === 150 ? "1.00" : x)) })).toEqual([]);
});

test("a constant sum, of which the largest column is dependent, and sums with weights", () => {
  const parts = ["x", "y", "z"].map((name, k) =>
    Array.from(createKey(11).fold(name).uniform(ROWS), (u) => Math.floor(([450, 300, 200][k] as number) * u) / 10),
  );
  const [x, y, z] = parts as [number[], number[], number[]];
  const sumOf = (i: number): number => parts.reduce((sum, part) => sum + (part[i] as number), 0);
  const rest = x.map((_, i) => (100 - sumOf(i)).toFixed(1));
  const relation = { type: "linear", weights: [-1, -1, -1], plus: 100 };
  expect(find({ x, y, z, rest, c })).toEqual([{ column: "rest", from: ["x", "y", "z"], relation }]);
  expect(find({ x, rest, y, z })).toEqual([{ column: "rest", from: ["x", "y", "z"], relation }]);
  expect(find({ x, rest, y, z: z.map((value, i) => (i === 150 ? value + 0.1 : value)) })).toEqual([]);
  // A category with a column for each value.
  const [u, v, w] = ["u", "v", "w"].map((letter) => c.map((own) => Number(own === letter))) as [
    number[],
    number[],
    number[],
  ];
  const others = c.map((own) => Number(!["u", "v", "w"].includes(own)));
  expect(find({ u, v, w, others })).toMatchObject([{ relation: { type: "linear", plus: 1 } }]);
  const score = x.map((value, i) => (0.25 * value + 3 * (y[i] as number) - 7.5).toFixed(3));
  expect(find({ x, y, score })).toEqual([
    { column: "score", from: ["x", "y"], relation: { type: "linear", weights: [0.25, 3], plus: -7.5 } },
  ]);
});

test("a date some days after a date", () => {
  const dates = (days: readonly number[]) =>
    days.map((day) => new Date(Date.UTC(2020, 0, 1 + day)).toISOString().slice(0, 10));
  const stay = b.map((value) => Math.floor(value / 7));
  const [begin, end] = [dates(a), dates(a.map((day, i) => day + (stay[i] as number)))];
  const relation = {
    column: "end",
    from: ["begin", "stay"],
    relation: { type: "linear", weights: [1, 86_400], plus: 0 },
  };
  expect(find({ begin, end, stay })).toEqual([relation]);
  expect(find({ stay, begin, end })).toEqual([
    { ...relation, from: ["stay", "begin"], relation: { ...relation.relation, weights: [86_400, 1] } },
  ]);
});

test("a sum with a term that is 0 in nearly all rows, of which no row among the first tells", () => {
  const rows = 1500;
  const [p, q, r] = createKey(8).split(3);
  const x = Array.from(p.uniform(rows), (u) => Math.floor(900 * u));
  const y = Array.from(q.uniform(rows), (u) => Math.floor(700 * u));
  const others = Object.fromEntries(["o1", "o2"].map((name) => [name, Array.from(r.fold(name).uniform(rows))]));
  for (const telling of [[4, 700, 1400], [1499]]) {
    const rare = x.map((_, i) => (telling.includes(i) ? 30 + i : 0));
    const total = x.map((value, i) => value + (y[i] as number) + (rare[i] as number));
    const sum = {
      column: "total",
      from: ["x", "y", "rare"],
      relation: { type: "linear", weights: [1, 1, 1], plus: 0 },
    };
    expect(find({ total, ...others, x, y, rare })).toEqual([sum]);
    expect(find({ total: total.map((value, i) => (telling.includes(i) ? value - 7 : value)), x, y, rare })).toEqual([]);
  }
});

test("a total of cents, where some of the numbers were not rounded", () => {
  const cents = (at: number) => a.map((x, i) => Math.floor(1000 * x + 7777 * (((i + at) * 0.618) % 1)) / 100);
  const parts = { x: cents(1), y: cents(2), z: cents(3) };
  const { x, y, z } = parts;
  const exact = x.map((value, i) => value + (y[i] as number) + (z[i] as number));
  const total = exact.map((sum, i) => (i % 20 === 7 ? (sum + 0.0031415 + i * 1e-6).toFixed(8) : sum.toFixed(2)));
  const sum = { column: "total", from: ["x", "y", "z"], relation: { type: "linear", weights: [1, 1, 1], plus: 0 } };
  expect(find({ ...parts, total })).toEqual([sum]);
  expect(find({ total, ...parts })).toEqual([sum]);
  // One of them is too far away, and then too many are not rounded.
  expect(find({ ...parts, total: total.map((value, i) => (i === 47 ? Number(value) + 0.003 : value)) })).toEqual([]);
  const unrounded = exact.map((own, i) => (own + 0.0031415 * (i % 2) + i * 1e-6).toFixed(8));
  expect(find({ ...parts, total: unrounded })).toEqual([]);
});

test("a total beside a column with many gaps, and beside a sum that holds in nearly all rows", () => {
  const rows = 1500;
  const numbers = (name: string): number[] =>
    Array.from(createKey(9).fold(name).uniform(rows), (u) => Math.floor(900 * u));
  const [x, y, z, rest] = ["x", "y", "z", "rest"].map(numbers) as [number[], number[], number[], number[]];
  const shares = createKey(10).uniform(rows);
  const gaps = rest.map((value, i) => (i % 3 === 0 ? value : ""));
  // x is the sum of two columns in all rows but the last one.
  const one = x.map((value, i) => Math.floor(value * (shares[i] as number)));
  const two = x.map((value, i) => value - (one[i] as number));
  two[rows - 1] = (two[rows - 1] as number) + 5;
  const total = x.map((value, i) => value + (y[i] as number) + (z[i] as number));
  const sum = { column: "total", from: ["x", "y", "z"], relation: { type: "linear", weights: [1, 1, 1], plus: 0 } };
  expect(find({ gaps, x, y, z, total })).toEqual([sum]);
  expect(find({ one, two, x, y, z, total })).toEqual([sum]);
  const twin = y.map((value, i) => (i % 400 === 399 ? value + 7 : value));
  expect(find({ y, twin, one, two, x, z, total })).toEqual([{ ...sum, from: ["y", "x", "z"] }]);
});

test("products and ratios, with rounding and a division by 0", () => {
  const count = Array.from(createKey(6).uniform(ROWS), (u) => Math.floor(12 * u));
  const price = b.map((x) => x.toFixed(1));
  const cost = count.map((x, i) => (x * (b[i] as number)).toFixed(1));
  expect(find({ count, price, cost })).toEqual([
    { column: "cost", from: ["count", "price"], relation: { type: "product" } },
  ]);
  const rate = a.map((x, i) => ((count[i] as number) === 0 ? "" : (x / (count[i] as number)).toFixed(4)));
  expect(find({ a, count, rate })).toEqual([{ column: "rate", from: ["a", "count"], relation: { type: "ratio" } }]);
  expect(find({ a, count, rate: rate.map((x, i) => (i === 99 ? "0.5" : x)) })).toEqual([]);
});

test("products with a scale, of a number that a category determines", () => {
  const rates: Readonly<Record<string, number>> = { u: 5.5, v: 7, w: 19, x: 20, y: 21, z: 25 };
  const rate = c.map((letter) => rates[letter] as number);
  const price = b.map((x) => Math.round(100 * x * 1.37) / 100);
  const tax = price.map((x, i) => ((x * (rate[i] as number)) / 100).toFixed(2));
  expect(find({ price, rate, tax })).toEqual([
    { column: "tax", from: ["price", "rate"], relation: { type: "product", scale: 0.01 } },
  ]);
  expect(find({ c, price, rate, tax })).toEqual([
    { column: "rate", from: ["c"], relation: { type: "function" } },
    { column: "tax", from: ["price", "rate"], relation: { type: "product", scale: 0.01 } },
  ]);
  const per = a.map((x) => x + 3);
  const share = per.map((x, i) => ((100 * x) / (1000 + 7 * (b[i] as number))).toFixed(3));
  const whole = b.map((x) => (1000 + 7 * x).toFixed(1));
  expect(find({ per, whole, share })).toEqual([
    { column: "share", from: ["per", "whole"], relation: { type: "ratio", scale: 100 } },
  ]);
  expect(find({ price, rate, tax: tax.map((x, i) => (i === 99 ? Number(x) + 0.02 : x)) })).toEqual([]);
});

test("an invoice: a product of a number that a category determines, a discount, a tax, a fee, and their sum", () => {
  const prices: Readonly<Record<string, number>> = { u: 12.77, v: 3.2, w: 48.99, x: 20.05, y: 7.5, z: 112.4 };
  const price = c.map((letter) => prices[letter] as number);
  const count = Array.from(createKey(6).uniform(ROWS), (u) => 1 + Math.floor(6 * u));
  const discount = Array.from(createKey(15).uniform(ROWS), (u) => [0, 0, 0.05, 0.1, 0.2][Math.floor(5 * u)] as number);
  const cents = (values: readonly number[]): number[] => values.map((value) => Number(value.toFixed(2)));
  const amount = cents(price.map((x, i) => x * (count[i] as number)));
  const net = cents(amount.map((x, i) => x * (1 - (discount[i] as number))));
  const tax = cents(net.map((x) => 0.19 * x));
  const fee = net.map((x) => (x > 60 ? 0 : 4.95));
  const total = cents(net.map((x, i) => x + (tax[i] as number) + (fee[i] as number)));
  const invoice = { c, price, count, discount, amount, net, tax, fee, total };
  expect(find(invoice)).toEqual([
    { column: "price", from: ["c"], relation: { type: "function" } },
    { column: "amount", from: ["price", "count"], relation: { type: "product" } },
    { column: "net", from: ["amount", "discount"], relation: { type: "product", rate: -1 } },
    { column: "tax", from: ["net"], relation: { type: "linear", weights: [0.19], plus: 0 } },
    { column: "fee", from: ["net"], relation: { type: "bins" } },
    { column: "total", from: ["net", "tax", "fee"], relation: { type: "linear", weights: [1, 1, 1], plus: 0 } },
  ]);
  const percent = discount.map((x) => Math.round(100 * x));
  expect(find({ amount, percent, net })).toEqual([
    { column: "net", from: ["amount", "percent"], relation: { type: "product", rate: -0.01 } },
  ]);
  const gross = cents(amount.map((x, i) => x * (1 + (discount[i] as number))));
  expect(find({ amount, discount, gross })).toEqual([
    { column: "gross", from: ["amount", "discount"], relation: { type: "product", rate: 1 } },
  ]);
  expect(find({ amount, discount, gross: gross.map((x, i) => (i === 99 ? x + 0.02 : x)) })).toEqual([]);
});

test("a ratio by a square", () => {
  const [tall, heavy] = [createKey(6).normal(ROWS), createKey(7).normal(ROWS)];
  const height = Array.from(tall, (x) => Math.round(172 + 8 * x));
  const weight = Array.from(heavy, (x, i) => (22 + 3 * x) * ((height[i] as number) / 100) ** 2).map((x) =>
    x.toFixed(1),
  );
  const index = weight.map((x, i) => (Number(x) / ((height[i] as number) / 100) ** 2).toFixed(1));
  expect(find({ height, weight, index })).toEqual([
    { column: "index", from: ["weight", "height"], relation: { type: "ratio", isBySquare: true, scale: 10_000 } },
  ]);
  expect(find({ height, weight, index: index.map((x, i) => (i === 9 ? Number(x) + 0.2 : x)) })).toEqual([]);
});

test("completed years between two dates, by the calendar or by days", () => {
  const [births, ages] = [createKey(6).uniform(ROWS), createKey(7).uniform(ROWS)];
  const born = Array.from(births, (u) => new Date(Date.UTC(1940, 0, 1 + Math.floor(25_000 * u))));
  // Days close to a birthday, in which both differ.
  const seen = born.map((start, i) => {
    const years = Math.floor(80 * (ages[i] as number));
    return new Date(Date.UTC(start.getUTCFullYear() + years, start.getUTCMonth(), start.getUTCDate() + (i % 3) - 1));
  });
  const written = (dates: readonly Date[]): string[] => dates.map((date) => date.toISOString().slice(0, 10));
  const birthday = (date: Date): number => 100 * date.getUTCMonth() + date.getUTCDate();
  const calendar = born.map((start, i) => {
    const end = seen[i] as Date;
    return end.getUTCFullYear() - start.getUTCFullYear() - (birthday(end) < birthday(start) ? 1 : 0);
  });
  const dates = { born: written(born), seen: written(seen) };
  const found = (relation: ColumnRelation) => [{ column: "age", from: ["born", "seen"], relation }];
  expect(find({ ...dates, age: calendar })).toEqual(found({ type: "years" }));
  const ofDays = born.map((start, i) =>
    Math.floor(((seen[i] as Date).getTime() - start.getTime()) / 365.25 / 86_400_000),
  );
  expect(find({ ...dates, age: ofDays })).toEqual(found({ type: "years", daysPerYear: 365.25 }));
  expect(find({ ...dates, age: calendar.map((x, i) => (i === 9 ? x + 1 : x)) })).toEqual([]);
});

test.each([
  ["1990-06-15", "2020-06-14", 29],
  ["1990-06-15", "2020-06-15", 30],
  ["1992-02-29", "2021-02-28", 28],
  ["1992-02-29", "2021-03-01", 29],
  ["1992-02-29", "2024-02-29", 32],
  ["2020-06-15", "2020-01-01", -1],
])("from %s to %s there are %i completed years", (start, end, years) => {
  const seconds = [start, end].map((text) => Date.parse(text) / 1000);
  expect(computedNumber({ type: "years" }, seconds)).toBe(years);
  expect(computedNumber({ type: "years" }, [seconds[0] as number, Number.NaN])).toBeNaN();
});

test("ratios and products of factors that are rounded themselves", () => {
  const [u, v] = [createKey(8).uniform(ROWS), createKey(9).uniform(ROWS)];
  const width = Array.from(u, (x) => 0.5 + 8 * x);
  const length = Array.from(v, (x) => 30 + 70 * x);
  const ratio = length.map((x, i) => x / (width[i] as number));
  const relation = { column: "ratio", from: ["length", "width"], relation: { type: "ratio" } };
  const rounded = (digits: number, numbers: readonly number[]) => numbers.map((x) => Number(x.toPrecision(digits)));
  const single = (numbers: readonly number[]) => numbers.map((x) => Math.fround(x));
  const of = (round: (numbers: readonly number[]) => readonly number[]) =>
    find({ width: round(width), length: round(length), ratio: round(ratio) });
  expect(of(single)).toEqual([relation]);
  expect(of((numbers) => rounded(9, numbers))).toEqual([relation]);
  // Of an integer and a rate in float32, the integer follows.
  const profits = width.map((x) => Math.round(100 * x));
  const rate = profits.map((x, i) => Math.fround((100 * x) / (length[i] as number)));
  expect(find({ length, rate, profits })).toEqual([
    { column: "profits", from: ["length", "rate"], relation: { type: "product", scale: 0.01 } },
  ]);
  // With few digits the factors do not determine the ratio, and neither does a row that is wrong.
  expect(of((numbers) => rounded(4, numbers))).toEqual([]);
  expect(find({ width, length, ratio: ratio.map((x, i) => (i === 70 ? x * (1 + 1e-6) : x)) })).toEqual([]);
});

test("logarithms and squares, in float64, float32 and rounded", () => {
  const x = Array.from(createKey(7).uniform(ROWS), (u) => Math.round(1000 * u * u));
  const log = (round: (value: number) => number | string) =>
    x.map((value) => (value === 0 ? "" : round(Math.log(value))));
  const relation = { column: "y", from: ["x"], relation: { type: "log" } };
  expect(find({ x, y: log((value) => value) })).toEqual([relation]);
  expect(find({ y: log((value) => value.toFixed(3)), x })).toEqual([relation]);
  const single = { ...relation, relation: { type: "log", isFloat32: true } };
  expect(find({ x, y: log(Math.fround) })).toEqual([single]);
  expect(find({ x, y: log((value) => Number(Math.fround(value).toPrecision(15))) })).toEqual([single]);
  // The numbers of a different base, a shifted source, and one wrong row.
  expect(find({ x, y: x.map((value) => (value === 0 ? "" : Math.log10(value))) })).toEqual([]);
  expect(find({ x, y: x.map((value) => Math.log1p(value)) })).toEqual([]);
  expect(find({ x, y: x.map((value, i) => (value === 0 ? "" : Math.log(value) + (i === 70 ? 1e-5 : 0))) })).toEqual([]);
  const z = b.map((value) => Number((value / 7).toFixed(4)));
  expect(find({ z, square: z.map((value) => Number((value * value).toFixed(6))) })).toEqual([
    { column: "square", from: ["z"], relation: { type: "square" } },
  ]);
  expect(find({ z, w: z.map((value) => Number((value ** 3).toFixed(6))) })).toEqual([]);
});

test("parts of a date", () => {
  const dates = a.map((x, i) => new Date(Date.UTC(2019, 0, 1 + 9 * x + i, i % 24)));
  const day = dates.map((date) => date.toISOString().slice(0, 10));
  const table = {
    day,
    year: dates.map((date) => date.getUTCFullYear()),
    month: dates.map((date) => date.getUTCMonth() + 1),
    weekday: dates.map((date) => ((date.getUTCDay() + 6) % 7) + 1),
  };
  expect(find(table)).toEqual([
    { column: "year", from: ["day"], relation: { type: "datePart", part: "year" } },
    { column: "month", from: ["day"], relation: { type: "datePart", part: "month" } },
    { column: "weekday", from: ["day"], relation: { type: "datePart", part: "isoWeekday" } },
  ]);
});

test("in words", () => {
  const from = ["x", "y", "z"];
  const words = (relation: ColumnRelation): string => describeDependent({ column: "c", from, relation });
  expect(words({ type: "linear", weights: [1, -1, 1], plus: 0 })).toBe("x − y + z");
  expect(words({ type: "linear", weights: [-1, 1, 1], plus: 0 })).toBe("−x + y + z");
  expect(words({ type: "linear", weights: [-1, -1, -1], plus: 100 })).toBe("100 − x − y − z");
  expect(words({ type: "linear", weights: [1, 86_400, -0.5], plus: -3 })).toBe("x + y days − z / 2 − 3");
  expect(words({ type: "product", scale: 0.01 })).toBe("0.01 × x × y");
  expect(words({ type: "product" })).toBe("x × y");
  expect(words({ type: "product", rate: -1 })).toBe("x × (1 − y)");
  expect(words({ type: "product", rate: 0.01 })).toBe("x × (1 + y / 100)");
  expect(words({ type: "ratio" })).toBe("x / y");
  expect(words({ type: "ratio", isBySquare: true })).toBe("x / y²");
  expect(words({ type: "years" })).toBe("years from x to y");
  expect(words({ type: "log" })).toBe("log x");
  expect(words({ type: "square" })).toBe("x²");
  expect(words({ type: "datePart", part: "isoWeekday" })).toBe("weekday of x");
});

test("days since a date", () => {
  const day = a.map((x) => new Date(Date.UTC(2020, 0, 1 + x)).toISOString().slice(0, 10));
  expect(find({ day, since: a.map((x) => x + 1) })).toEqual([
    { column: "since", from: ["day"], relation: { type: "linear", weights: [1 / 86_400], plus: -18_261 } },
  ]);
});

test("sums and differences, of which the total is dependent, or the last column if numbers may be negative", () => {
  const total = a.map((x, i) => (x + (b[i] as number)).toFixed(1));
  expect(find({ a, b, total })).toEqual([
    { column: "total", from: ["a", "b"], relation: { type: "linear", weights: [1, 1], plus: 0 } },
  ]);
  const sum = (from: readonly string[]) => [
    { column: "total", from, relation: { type: "linear", weights: [1, 1], plus: 0 } },
  ];
  expect(find({ a, total, b })).toEqual(sum(["a", "b"]));
  expect(find({ total, b, a })).toEqual(sum(["b", "a"]));
  const down = b.map((x) => (x - 5).toFixed(1));
  const net = a.map((x, i) => (x + Number(down[i])).toFixed(1));
  expect(find({ net, a, down })).toEqual([
    { column: "down", from: ["net", "a"], relation: { type: "linear", weights: [1, -1], plus: 0 } },
  ]);
  // What is rounded follows from its parts, also when it stands before them.
  const rounded = total.map((x) => Math.round(Number(x) - 1e-9));
  expect(find({ rounded, a, b })).toEqual([
    { column: "rounded", from: ["a", "b"], relation: { type: "linear", weights: [1, 1], plus: 0 } },
  ]);
  const wrong = total.map((x, i) => (i === 99 ? "0.0" : x));
  expect(find({ a, b, wrong })).toEqual([]);
});

test("missing cells have to follow, too", () => {
  const gap = (i: number): boolean => i % 9 === 0;
  const withGaps = a.map((x, i) => (gap(i) ? "" : x));
  const total = a.map((x, i) => (gap(i) ? "" : (x + (b[i] as number)).toFixed(1)));
  expect(find({ a: withGaps, b, total })).toEqual([
    { column: "total", from: ["a", "b"], relation: { type: "linear", weights: [1, 1], plus: 0 } },
  ]);
  expect(find({ a, b, total })).toEqual([]);
  expect(find({ a: withGaps, twice: withGaps.map((x) => (x === "" ? "" : 2 * Number(x))) })).toMatchObject([
    { column: "twice", relation: { type: "linear", weights: [2], plus: 0 } },
  ]);
});

test("what only chance brings about is no relation", () => {
  // Two columns that are missing together, with values of their own.
  const sparse = (values: readonly number[]): (string | number)[] =>
    values.map((x, i) => (i % 4 === 0 ? x + i / 1000 : ""));
  expect(find({ a: sparse(a), b: sparse(b) })).toEqual([]);
  // A rare value that happens to lie in a group of its own.
  expect(
    find({ group: a.map((_, i) => `g${i >> 1}`), rare: a.map((_, i) => (i === 0 || i === 1 ? "x" : "y")) }),
  ).toEqual([]);
  expect(find({ a: [1, 2, 3], b: [2, 4, 6] })).toEqual([]);
});

test("each column comes after those that it follows from", () => {
  const total = a.map((x, i) => (x + (b[i] as number)).toFixed(1));
  const found = findDependentColumns(
    findVariables(table({ twin: total, a, b, total, c, big: a.map((x) => (x > 50 ? "yes" : "no")) })),
  );
  const seen = new Set(found.map(({ column }) => column));
  for (const { column, from } of found) {
    for (const source of from) expect(seen.has(source)).toBe(false);
    seen.delete(column);
  }
  expect(found).toHaveLength(3);
});

test.runIf(DEEP)("100 columns of 20,000 rows, and 2,000 columns, take seconds", async () => {
  const rows = 20_000;
  const numbers = createKey(1).uniform(rows);
  const columns = Array.from({ length: 100 }, (_, j): Column => {
    const spread = j % 3 === 0 ? 1e6 : j % 3 === 1 ? 1000 : 10;
    const values = Float64Array.from(numbers, (_u, i) =>
      Math.floor((numbers[(i * (2 * j + 1)) % rows] as number) * spread),
    );
    return { name: `c${j}`, kind: "number", values };
  });
  const typed = findVariables({ rows, columns });
  expect(await cpuSecondsOf(() => findDependentColumns(typed))).toBeLessThan(30);
  const wide = Array.from({ length: 2000 }, (_, j): Column => {
    return {
      name: `c${j}`,
      kind: "number",
      values: Float64Array.from({ length: 60 }, (_v, i) => Math.floor(3 * (numbers[(i * 2000 + j) % rows] as number))),
    };
  });
  const ofWide = await cpuSecondsOf(() => findDependentColumns(findVariables({ rows: 60, columns: wide })));
  expect(ofWide).toBeLessThan(30);
});
