import { createKey, DataError } from "@pushforward/core";
import { expect, test } from "vitest";
import { rankCalibration } from "./rank-calibration.ts";

const key = createKey(3);
const normal = (name: string, count: number): Float64Array => Float64Array.from(key.fold(name).normal(count));

test("p-values are uniform where both come from the same law, continuous or with many equal values", () => {
  for (const law of [(z: number): number => z, (z: number): number => Math.round(z)]) {
    const pValues = Array.from({ length: 100 }, (_, r) => {
      const [a, b] = [normal(`a ${r}`, 300).map(law), normal(`b ${r}`, 500).map(law)];
      return rankCalibration(a, b, { key: key.fold(r) }).pValue;
    });
    const below = (level: number): number => pValues.filter((p) => p < level).length / 100;
    expect(below(0.05)).toBeLessThan(0.1);
    // Equal values make the test a little conservative.
    expect(below(0.5)).toBeGreaterThan(0.25);
  }
});

test("sees a shift, another spread, and NaN at another rate", () => {
  const samples = normal("samples", 1000);
  const pValueOf = (map: (z: number, i: number) => number): number =>
    rankCalibration(normal("observed", 1000).map(map), samples, { key }).pValue;
  expect(pValueOf((z) => z)).toBeGreaterThan(1e-3);
  expect(pValueOf((z) => z + 0.3)).toBeLessThan(1e-4);
  expect(pValueOf((z) => 1.5 * z)).toBeLessThan(1e-4);
  expect(pValueOf((z, i) => (i % 5 === 0 ? Number.NaN : z))).toBeLessThan(1e-4);
});

test("counts the ranks in bins, most of them within the band", () => {
  const { counts, band } = rankCalibration(normal("many", 4000), normal("others", 4000), { key });
  expect(counts.length).toBe(20);
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(4000);
  expect(counts.filter((count) => count < band[0] || count > band[1]).length).toBeLessThan(3);
  expect(rankCalibration([1], [1], { key }).counts.length).toBe(2);
});

test("refuses nothing to compare", () => {
  expect(() => rankCalibration([], [1], { key })).toThrow(DataError);
  expect(() => rankCalibration([1], [], { key })).toThrow(DataError);
});
