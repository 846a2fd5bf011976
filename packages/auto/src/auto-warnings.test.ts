import { createKey, type NdArray, ndArray } from "@pushforward/core";
import { describe, expect, test } from "vitest";
import { cpuSecondsOf } from "../../testing/test/cpu-seconds-of.ts";
import { DEEP } from "../../testing/test/deep.ts";
import type { WarningEvent } from "./fit-auto-events.ts";
import { prepareRows } from "./prepare-rows.ts";

const key = createKey(4);
const NAMES = ["a", "b", "c", "d"];

type Row = (z: Float32Array, i: number) => number[];

function tableOf(rows: number, row: Row): NdArray {
  const z = createKey(11).normal(rows * 4);
  const values = Array.from({ length: rows }, (_, i) => row(z.subarray(4 * i, 4 * i + 4), i));
  return ndArray([rows, values[0]?.length ?? 0], Float64Array.from(values.flat()));
}

function warningsOf(rows: number, row: Row, context?: Row, contextClasses?: number[][]): readonly WarningEvent[] {
  const given = context && tableOf(rows, context);
  const data = { x: tableOf(rows, row), context: given };
  return prepareRows(data, { key, columnNames: NAMES, contextClasses }).warnings;
}

const at = (z: Float32Array, j: number): number => z[j] as number;

describe("warns of", () => {
  test.each([0.3, 0.99])("a share of %d of one value", (share) => {
    const [warning, ...others] = warningsOf(1000, (z, i) => [at(z, 0), i % 100 < 100 * share ? 0 : Math.exp(at(z, 1))]);
    expect(others).toEqual([]);
    expect(warning).toMatchObject({ type: "warning", kind: "repeated-value", columns: [1] });
    expect(warning?.share).toBeCloseTo(share, 1);
    expect(warning?.text).toContain(`Column "b" is 0 in ${share === 0.3 ? "30" : "99"}`);
    expect(warning?.text).toContain("unbounded");
    expect(warning?.remedy).toContain("Leave the column out");
  });

  test("an exact duplicate", () => {
    const [warning, ...others] = warningsOf(500, (z) => [at(z, 0), at(z, 1), at(z, 0)]);
    expect(others).toEqual([]);
    expect(warning).toMatchObject({ kind: "duplicate-column" });
    expect([...(warning?.columns ?? [])].sort()).toEqual([0, 2]);
    expect(warning?.text).toContain("are equal in all rows. Log-densities are unbounded");
  });

  test("a sum, whatever the units", () => {
    const sum = (z: Float32Array): number => 1e6 * at(z, 0) + 1e6 * at(z, 1);
    const [warning, ...others] = warningsOf(500, (z) => [at(z, 0), at(z, 2), sum(z) - 3e9, 1e-3 * at(z, 1)]);
    expect(others).toEqual([]);
    expect(warning).toMatchObject({ kind: "dependent-columns" });
    expect([...(warning?.columns ?? [])].sort()).toEqual([0, 2, 3]);
    expect(warning?.text).toMatch(/Column "[acd]" is a linear function of "[acd]" and "[acd]"\./);
    expect(warning?.remedy).toMatch(/Leave one of them out, for instance "[acd]"\./);
  });

  test("a column in other units, rounded as files round", () => {
    const [warning, ...others] = warningsOf(300, (z) => [
      at(z, 0),
      at(z, 1),
      Number((1.8 * at(z, 0) + 32).toPrecision(8)),
    ]);
    expect(others).toEqual([]);
    expect(warning).toMatchObject({ kind: "dependent-columns" });
    expect([...(warning?.columns ?? [])].sort()).toEqual([0, 2]);
  });

  test("integers that add up, whose densities are bounded by the noise", () => {
    const [a, b] = [(z: Float32Array) => Math.round(5 * at(z, 0)), (z: Float32Array) => Math.round(3 * at(z, 1))];
    const [warning, ...others] = warningsOf(500, (z) => [a(z), b(z), a(z) + b(z)]);
    expect(others).toEqual([]);
    expect(warning).toMatchObject({ kind: "dependent-columns" });
    expect(warning?.text).toContain("so samples will violate it.");
    expect(warning?.text).not.toContain("unbounded");
  });

  test("a function of the context", () => {
    const [warning, ...others] = warningsOf(
      500,
      (z) => [at(z, 0), 3 * at(z, 1) + 1],
      (z) => [at(z, 1), at(z, 2)],
    );
    expect(others).toEqual([]);
    expect(warning).toMatchObject({ kind: "dependent-columns", columns: [1], remedy: 'Leave column "b" out.' });
    expect(warning?.text).toContain('Column "b" is a linear function of the context.');
    const oneHot = (i: number): number[] => [0, 1, 2].map((k) => (i % 3 === k ? 1 : 0));
    const inClasses = warningsOf(
      600,
      (z, i) => [at(z, 0), [0.1, 2.7, 5.3][i % 3] as number],
      (_, i) => oneHot(i),
      [[0, 1, 2]],
    );
    expect(inClasses.map(({ kind }) => kind)).toContain("dependent-columns");
  });

  test("constant columns, and them alone", () => {
    const [warning, ...others] = warningsOf(200, (z) => [at(z, 0), 0.1, 0.25, at(z, 1)]);
    expect(others).toEqual([]);
    expect(warning).toMatchObject({ kind: "constant", columns: [1, 2], remedy: "Leave these columns out." });
    expect(warning?.text).toContain('Columns "b" and "c" are constant.');
  });

  test("few rows", () => {
    const [warning, ...others] = warningsOf(5, (z) => [at(z, 0), at(z, 1)]);
    expect(others).toEqual([]);
    expect(warning).toMatchObject({ kind: "few-rows", columns: [] });
    expect(warning?.text).toContain("There are 3 training rows for 2 columns");
  });
});

describe("is silent about", () => {
  const quiet: Record<string, Row> = {
    normals: (z) => [...z],
    "columns that are nearly tied": (z) => [at(z, 0), at(z, 0) + 1e-3 * at(z, 1), at(z, 2)],
    "integers and other steps": (z) => [Math.round(2 * at(z, 0)), at(z, 1) > 1 ? 1 : 0, 0.5 * Math.round(at(z, 2))],
    "rounding to two digits": (z) => [Number((10 * at(z, 0)).toPrecision(2)), Math.exp(at(z, 1))],
    "heavy tails": (z) => [Math.tan(1.57 * Math.tanh(2 * at(z, 0))), Math.exp(5 * at(z, 1)), at(z, 2) / at(z, 3)],
    curves: (z) => [at(z, 0), at(z, 0) ** 2, Math.sin(at(z, 0))],
  };
  test.each(Object.entries(quiet))("%s", (_, row) => expect(warningsOf(400, row)).toEqual([]));

  test("one-hot classes, and more columns than rows could tell apart", () => {
    const oneHot = (i: number): number[] => [0, 1, 2].map((k) => (i % 3 === k ? 1 : 0));
    const classes = warningsOf(
      300,
      (z) => [...z],
      (_, i) => oneHot(i),
      [[0, 1, 2]],
    );
    expect(classes).toEqual([]);
    const wide = ndArray([40, 64], Float64Array.from(createKey(2).normal(40 * 64)));
    expect(prepareRows({ x: wide }, { key }).warnings.map(({ kind }) => kind)).toEqual(["few-rows"]);
  });
});

test.runIf(DEEP)("a hundred columns take no time to speak of", async () => {
  const x = ndArray([20_000, 100], Float64Array.from(createKey(3).normal(2_000_000)));
  const seconds = await cpuSecondsOf(() => expect(prepareRows({ x }, { key }).warnings).toEqual([]));
  expect(seconds).toBeLessThan(10);
});

test("one row far out in all columns makes none of them depend on another", () => {
  const warnings = warningsOf(1000, (z, i) => (i === 70 ? [1e12, 1e12, 2e12] : [at(z, 0), at(z, 1), at(z, 2)]));
  expect(warnings.map(({ kind, columns }) => [kind, ...columns])).toEqual([0, 1, 2].map((j) => ["far-values", j]));
  expect(warnings[2]?.text).toBe(
    'Column "c" has extreme values, up to 2000000000000: it is learned on a scale that compresses extreme values.',
  );
});
