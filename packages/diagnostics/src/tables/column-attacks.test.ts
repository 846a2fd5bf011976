import { createKey, DataError } from "@pushforward/core";
import { expect, test } from "vitest";
import { type ColumnScores, columnAttacks, membershipAttack } from "./column-attacks.ts";

const key = createKey(3);
const ROWS = 2000;

function cells(name: string, shift: number): ColumnScores[] {
  return [0, shift, 0].map((more, k) => ({
    name: `c${k}`,
    values: Float64Array.from(key.fold(`${name} ${k}`).normal(ROWS), (z) => z + more),
  }));
}

test("names the column that training rows are told by, and what is left without it", () => {
  const [training, heldOut] = [cells("training", 1), cells("held out", 0)];
  const [first, ...others] = columnAttacks(training, heldOut);
  // Normal scores a standard deviation apart: Φ(1/√2); the two others tell nothing.
  expect(first?.name).toBe("c1");
  expect(first?.area).toBeCloseTo(0.7602, 1);
  expect(first?.areaWithout).toBeCloseTo(0.5, 1);
  expect(first?.difference).toBeCloseTo(1, 1);
  for (const { area, areaWithout, difference } of others) {
    expect(area).toBeCloseTo(0.5, 1);
    expect(Math.abs(difference)).toBeLessThan(0.15);
    expect(areaWithout).toBeGreaterThan(0.65);
  }
  const sum = (columns: readonly ColumnScores[]): Float64Array =>
    Float64Array.from({ length: ROWS }, (_, row) => (columns[0]?.values[row] ?? 0) + (columns[2]?.values[row] ?? 0));
  expect(first?.areaWithout).toBeCloseTo(membershipAttack(sum(training), sum(heldOut)).area, 12);
});

test("cells of probability 0 leave the other columns as they are", () => {
  const of = (a: number, b: number): ColumnScores[] => [
    { name: "a", values: Float64Array.of(a, -1) },
    { name: "b", values: Float64Array.of(b, -2) },
  ];
  // Of b alone: −1 and −2 against −3 and −2, which are tied once.
  const attacks = columnAttacks(of(-1, -1), of(Number.NEGATIVE_INFINITY, -3));
  const ofA = attacks.find(({ name }) => name === "a");
  expect(ofA).toEqual({ name: "a", area: 0.75, areaWithout: 0.875, difference: Number.POSITIVE_INFINITY });
});

test("refuses other columns, and columns without rows", () => {
  const [column] = cells("one", 0) as [ColumnScores];
  expect(() => columnAttacks([column], [{ ...column, name: "other" }])).toThrow(/the same columns.*\(c0\), got other/);
  expect(() => columnAttacks([column], [{ ...column, values: new Float64Array() }])).toThrow(DataError);
});
