import { createKey } from "@pushforward/core";
import { expect, test } from "vitest";
import { CELL_SIZE } from "./category-coding.ts";
import { dateCycles, fitNumberCoding } from "./fit-number-coding.ts";
import { NumberMarginal, type NumberMarginalOptions } from "./number-marginal.ts";

const key = createKey(20261127);

test.each([
  [
    "many integers, some of them frequent",
    900,
    1,
    (z: number, u: number) => (u < 0.15 ? 7 : Math.floor(Math.abs(z) * (u < 0.4 ? 50 : 120))),
  ],
  ["integers with heaps", 3000, 1, (z: number, u: number) => (u < 0.2 ? 0 : u < 0.3 ? 400 : Math.round(200 * z))],
  ["hundredths that repeat", 20_000, 0.01, (z: number, u: number) => (u < 0.1 ? 1 : Math.round(100 * z) / 100)],
])("the probabilities within each code have the sum 1: %s", (name, rows, step, numbers) => {
  const [z, u] = [key.fold(name).normal(rows), key.fold(`${name} u`).uniform(rows)];
  const values = Float64Array.from(z, (value, i) => numbers(value, u[i] as number));
  const coding = fitNumberCoding({ name, kind: "number", values }, step);
  const { smooth, atoms, edges } = coding.options;
  expect(Math.min(atoms.length, edges.length)).toBeGreaterThan(0);
  const x = Float64Array.from({ length: 6001 }, (_, i) => Number(((i - 3000) * step).toFixed(2)));
  const { cells } = coding.encode({ name, kind: "number", values: x });
  const marginal = new NumberMarginal(smooth as NumberMarginalOptions);
  const sums = new Float64Array(coding.codes);
  const mixture = coding.codes - 1;
  const add = (code: number, mass: number): void => {
    sums[code] = (sums[code] as number) + mass;
  };
  for (let i = 0; i < x.length; i++) {
    const [code = -1, logWeight = 0, , , width] = cells.subarray(i * CELL_SIZE, (i + 1) * CELL_SIZE);
    if (code >= 0) add(code, Math.exp(logWeight));
    const [from, to] = [(x[i] as number) - step / 2, (x[i] as number) + step / 2];
    if (width !== 0) add(mixture, marginal.cdf(to) - marginal.cdf(from));
  }
  for (const sum of sums) expect(Math.abs(sum - 1)).toBeLessThan(2e-5);
});

test("a value on a grid has its own code if it stands out from its neighbors, or has a tenth of the rows", () => {
  const atomsOf = (values: readonly number[], step = 1) =>
    fitNumberCoding({ name: "x", kind: "number", values: Float64Array.from(values) }, step).options.atoms;
  const times = (count: number, value: number): number[] => Array(count).fill(value);
  const even = Array.from({ length: 60 }, (_, i) => times(8, i)).flat();
  expect(atomsOf(even)).toEqual([]);
  // A mean of 8 for its neighbors allows 3·8 + 4·√24 = 43.6 rows.
  expect(atomsOf([...even, ...times(35, 30)])).toEqual([]);
  expect(atomsOf([...even, ...times(36, 30)])).toEqual([30]);
  // Three frequent neighbors do not stand out from each other.
  const heavy = [...even, ...times(50, 29), ...times(50, 30), ...times(50, 31)];
  expect(atomsOf(heavy)).toEqual([]);
  expect(atomsOf([...heavy, ...times(15, 29), ...times(15, 30), ...times(15, 31)])).toEqual([29, 30, 31]);
  // At the ends, and far from other values.
  expect(atomsOf([...even, ...times(40, 0), ...times(40, 59), ...times(6, 1000)])).toEqual([0, 59, 1000]);
  expect(atomsOf([...even, ...times(5, 1000)])).toEqual([]);
  // A real number that repeats has a mass.
  expect(atomsOf([...even.map((x) => Math.sqrt(x + 0.1)), ...times(6, Math.PI)], 0)).toContain(Math.PI);
});

test("a number next to the end of its column has cells that are finite, and no value is −0", () => {
  const values = Float64Array.from(key.fold("next to the end").normal(500), Math.abs);
  const column = { name: "x", kind: "number", values } as const;
  const coding = fitNumberCoding(column, 0, { domain: { low: 0 } });
  const { cells } = coding.encode({ ...column, values: Float64Array.of(1e-300, 1e-60, 1e-30) });
  expect(cells.every(Number.isFinite)).toBe(true);
  const zeros = fitNumberCoding(
    { ...column, values: Float64Array.from({ length: 80 }, (_, i) => (i < 40 ? -0 : 1)) },
    1,
  );
  expect(zeros.options.atoms).toEqual([0, 1]);
});

test("numbers whose squares are infinite are refused, with a remedy", () => {
  const column = { name: "a", kind: "number", values: Float64Array.of(1, 2, -1e200) } as const;
  expect(() => fitNumberCoding(column, 0)).toThrow(
    'table: expected numbers from -1e+150 to 1e+150 in column "a", got -1e+200. If it marks a missing value, say so (missingValues: ["-1e+200"]).',
  );
});

const [HOUR, DAY, YEAR] = [3600, 86_400, 365.2425 * 86_400];
const every = (step: number, count: number, from = 1.6e9 - (1.6e9 % DAY)): Float64Array =>
  Float64Array.from({ length: count }, (_, i) => from + i * step);

test.each([
  ["days over three months", every(DAY, 90), [7 * DAY]],
  ["days over two years", every(DAY, 730), [7 * DAY, YEAR]],
  ["days of one year", every(DAY, 365), [7 * DAY, YEAR]],
  ["three days", every(DAY, 3), []],
  ["hours over five years", every(HOUR, 43_824), [DAY, 7 * DAY, YEAR]],
  ["hours of two days", every(HOUR, 48), [DAY]],
  ["times without a date", every(60, 1440, 0), [DAY]],
  ["days at the same hour", every(DAY, 90, 1.6e9 - (1.6e9 % DAY) + 9 * HOUR), [7 * DAY]],
  ["weeks over two years", every(7 * DAY, 104), [YEAR]],
  ["first days of months", every(30.5 * DAY, 48).map((x) => x - (x % DAY)), [YEAR]],
  ["years", every(366 * DAY, 20), []],
  ["years 0 and 9999", Float64Array.of(-62_167_219_200, 253_402_214_400), []],
  ["one date, and gaps", Float64Array.of(Number.NaN, 0, Number.NaN), []],
  ["gaps", Float64Array.of(Number.NaN), []],
])("the cycles of %s", (_, values, cycles) => {
  expect(dateCycles(values)).toEqual(cycles);
});

test("all rows count", () => {
  expect(dateCycles(every(DAY, 5), every(DAY, 5, 2e9 - (2e9 % DAY)))).toEqual([7 * DAY, YEAR]);
});
