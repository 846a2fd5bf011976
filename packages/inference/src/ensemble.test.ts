import { createKey } from "@pushforward/core";
import { describe, expect, it, test } from "vitest";
import { type LogDensity, sampleEnsemble, systematicRows } from "./ensemble.ts";
import { chainStatistics } from "./mcmc-posterior.ts";

function run(logDensity: LogDensity, d: number, spread: number) {
  const key = createKey(3);
  const [chains, steps] = [60, 3000];
  const start = Float64Array.from(key.fold("start").normal(chains * d), (z) => spread * z);
  const { states, acceptance } = sampleEnsemble(logDensity, { key, start, chains, warmUp: 500, steps });
  const column = (j: number): Float64Array =>
    Float64Array.from({ length: chains * steps }, (_, i) => states[i * d + j] as number);
  return { column, acceptance, chains };
}

const rows = (points: Float64Array, count: number, f: (row: Float64Array) => number): Float64Array =>
  Float64Array.from({ length: count }, (_, i) =>
    f(points.subarray((i * points.length) / count, ((i + 1) * points.length) / count)),
  );

function momentsOf(values: Float64Array): [mean: number, variance: number] {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  return [mean, values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length];
}

describe("sampleEnsemble", () => {
  it("samples a narrow, tilted Gaussian", () => {
    // Variance 1 and 1e-4 along the diagonals.
    const density: LogDensity = (points, count) =>
      rows(points, count, ([a = 0, b = 0]) => -((a + b) ** 2) / 4 - ((a - b) ** 2 * 1e4) / 4);
    const { column, acceptance, chains } = run(density, 2, 2);
    const [a, b] = [column(0), column(1)];
    const { rHat, ess } = chainStatistics({ values: a, chains });
    expect(rHat).toBeLessThan(1.02);
    expect(acceptance).toBeGreaterThan(0.15);
    const [mean, variance] = momentsOf(a);
    expect(Math.abs(mean)).toBeLessThan(5 * Math.sqrt(0.50005 / ess));
    expect(Math.abs(variance / 0.50005 - 1)).toBeLessThan(5 * Math.sqrt(2 / ess));
    const [, across] = momentsOf(a.map((value, i) => value - (b[i] as number)));
    expect(Math.abs(across / 2e-4 - 1)).toBeLessThan(0.1);
  });

  it("weighs two modes that are far apart as they should be", () => {
    const density: LogDensity = (points, count) =>
      rows(points, count, ([a = 0]) => {
        const terms = [Math.log(0.3) - (a + 6) ** 2 / 2, Math.log(0.7) - (a - 6) ** 2 / 2];
        const peak = Math.max(...terms);
        return peak + Math.log(terms.reduce((sum, term) => sum + Math.exp(term - peak), 0));
      });
    const { column } = run(density, 1, 6);
    const right = column(0).filter((value) => value > 0).length / column(0).length;
    expect(Math.abs(right - 0.7)).toBeLessThan(0.05);
  });

  it("never goes where the density is zero or NaN", () => {
    const density: LogDensity = (points, count) => rows(points, count, ([a = 0]) => (a < 0 ? Number.NaN : -a));
    const { column } = run((points, count) => density(points, count), 1, 0);
    const values = column(0);
    expect(values.every((value) => value >= 0)).toBe(true);
  });
});

test("each row comes as often as its share of the weight says, within one, in ascending order", () => {
  const weights = [0, 3, 0, 1, 6, 0];
  for (const offset of [0, 0.25, 0.999]) {
    const rows = [...systematicRows(weights, 20, offset)];
    expect(rows).toEqual(rows.toSorted((a, b) => a - b));
    for (const [row, weight] of weights.entries()) {
      expect(Math.abs(rows.filter((one) => one === row).length - 2 * weight)).toBeLessThanOrEqual(weight === 0 ? 0 : 1);
    }
  }
});
