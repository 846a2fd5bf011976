import { createKey } from "@pushforward/core";
import { expect, test } from "vitest";
import { countValues } from "./kernel-knots.ts";
import { NumberMarginal } from "./number-marginal.ts";
import { quantileKnots, wideGaps } from "./quantile-knots.ts";

const ROWS = 1500;

/** Serial numbers in runs that begin anywhere up to a hundred million: 100 runs of 1 to 40 numbers. */
function serialNumbers(seed: number): Float64Array {
  const starts = createKey(11).uniform(100);
  const [runs, places] = [createKey(seed).uniform(ROWS), createKey(seed + 1).uniform(ROWS)];
  return Float64Array.from({ length: ROWS }, (_, i) => {
    const run = Math.floor(100 * (runs[i] as number) ** 2);
    return Math.round(1e8 * (starts[run] as number)) + Math.floor(100 * (places[i] as number));
  });
}

const marginalOf = (values: Float64Array, step: number): NumberMarginal =>
  new NumberMarginal({ ...quantileKnots(countValues(values), step, undefined), step });

test("clusters have nearly all of the mass, and gaps some", () => {
  for (const step of [1, 0]) {
    const marginal = marginalOf(serialNumbers(1), step);
    const logDensity = (x: number): number => {
      return Math.log(step === 0 ? marginal.density(x) : marginal.cell(x).mass);
    };
    const held = serialNumbers(5);
    const mean = held.reduce((sum, x) => sum + logDensity(x) / ROWS, 0);
    const shares = Array.from({ length: 100 }, (_, run) => Math.sqrt((run + 1) / 100) - Math.sqrt(run / 100));
    const exact = shares.reduce((sum, share) => sum + share * Math.log(share / 100), 0);
    // Knots every 12 rows without clusters are 6.1 nats below the exact mean.
    expect(mean).toBeLessThan(exact);
    expect(mean).toBeGreaterThan(exact - 2);
    const rising = [...marginal.cumulative].every((value, i, all) => i === 0 || value > (all[i - 1] as number));
    expect([rising, marginal.cumulative[0], marginal.cumulative.at(-1)]).toEqual([true, 0, 1]);
    // Draws are near numbers of the rows, and a number between the runs can occur.
    const known = Float64Array.from(serialNumbers(1)).sort();
    const draws = Array.from({ length: 1000 }, (_, i) => marginal.value((i + 0.5) / 1000));
    const far = draws.filter((x) => !known.some((one) => Math.abs(one - x) <= 100));
    expect(far.length).toBeLessThan(20);
    expect(far.every((x) => Number.isFinite(logDensity(x)))).toBe(true);
  }
});

test.each([
  ["normal", (z: number) => z],
  ["lognormal", (z: number) => Math.exp(2 * z)],
  ["uniform and rounded", (z: number) => Math.round(1000 / (1 + Math.exp(-1.7 * z)))],
  ["on a coarse grid", (z: number) => 500 * Math.round(3 * z)],
])("a smooth distribution has no clusters: %s", (_, change) => {
  const gaps = Array.from({ length: 20 }, (_, seed) => {
    return wideGaps(countValues(Float64Array.from(createKey(seed).normal(ROWS), change)).values).length;
  });
  expect(gaps.reduce((a, b) => a + b, 0)).toBeLessThanOrEqual(2);
});

test("a single row between clusters is a cluster of its own", () => {
  const runs = Array.from({ length: 8 }, (_, run) =>
    Array.from({ length: 30 }, (_, i) => 1e6 * run + i + (i % 3) / 10),
  );
  const values = Float64Array.from([...runs.flat(), 3.4e6]).sort();
  const marginal = marginalOf(values, 0);
  expect(marginal.cdf(3.4e6 + 10) - marginal.cdf(3.4e6 - 10)).toBeGreaterThan(0.5 / values.length);
  // New clusters are as likely as clusters with a single row.
  expect(marginal.cdf(5e6 - 10) - marginal.cdf(4e6 + 100)).toBeCloseTo(1 / 8 / values.length, 3);
});

test("a column of very many clusters has knots as if it had none", () => {
  const values = Float64Array.from({ length: 6 * 1500 }, (_, i) => 1e6 * Math.floor(i / 6) + (i % 6));
  expect(wideGaps(values)).toHaveLength(1499);
  const { knots, cumulative } = quantileKnots(countValues(values), 1, undefined);
  expect(knots.length).toBeLessThan(1030);
  expect(cumulative.every((value, i) => i === 0 || value > (cumulative[i - 1] as number))).toBe(true);
});
