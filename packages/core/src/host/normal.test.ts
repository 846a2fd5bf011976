import { expect, test } from "vitest";
import { logNormalCdf, logNormalInterval, millsRatio, normalCdf, normalQuantileOfLog, normalTail } from "./normal.ts";

test("both ways agree where they meet, and it is 0 and 1 at the ends", () => {
  for (const meeting of [0.125, 2.125, 10]) {
    const [below, above] = [millsRatio(meeting - 1e-13), millsRatio(meeting)];
    expect(Math.abs(below / above - 1)).toBeLessThan(1e-12);
  }
  expect([normalTail(Number.POSITIVE_INFINITY), normalTail(Number.NEGATIVE_INFINITY)]).toEqual([0, 1]);
  expect(normalTail(Number.NaN)).toBeNaN();
});

// mpmath with 40 digits.
test.each([
  [-3, 0.9986501019683699],
  [-0.5, 0.6914624612740131],
  [0, 0.5],
  [0.1, 0.460172162722971],
  [0.5, 0.3085375387259869],
  [1.125, 0.13029451713680887],
  [1.96, 0.024997895148220435],
  [1.99, 0.023295467750211823],
  [2.01, 0.022215594429431475],
  [2.999, 0.0013543365337271066],
  [3.001, 0.001345472825084966],
  [5, 2.866515718791933e-7],
  [9.99, 8.42908720044309e-24],
  [10.01, 6.887627051422204e-24],
  [20, 2.7536241186062337e-89],
  [37, 5.725571222524577e-300],
])("P(Z > %d)", (z, expected) => {
  expect(Math.abs(normalTail(z) / expected - 1)).toBeLessThan(1e-13);
});

// √(π/2), and P(Z > 1)/φ(1) = 0.158655…/0.241971…
test("Mills' ratio", () => {
  expect(millsRatio(0)).toBeCloseTo(1.2533141373155, 12);
  expect(millsRatio(1)).toBeCloseTo(0.6556795424188, 12);
  expect(millsRatio(Number.NaN)).toBeNaN();
});

// scipy.stats.norm.logcdf
test.each([
  [-40, -804.6084420137539],
  [-1, -1.8410216450092636],
  [1, -0.17275377902344988],
])("log Φ(%d), and back", (z, expected) => {
  expect(logNormalCdf(z) / expected - 1).toBeCloseTo(0, 12);
  expect(normalQuantileOfLog(expected) / z - 1).toBeCloseTo(0, 12);
});

test("ends, and NaN", () => {
  expect([normalCdf(Number.NEGATIVE_INFINITY), normalCdf(Number.POSITIVE_INFINITY)]).toEqual([0, 1]);
  expect([logNormalCdf(Number.NEGATIVE_INFINITY), logNormalCdf(Number.POSITIVE_INFINITY)]).toEqual([-Infinity, -0]);
  expect([normalQuantileOfLog(-Infinity), normalQuantileOfLog(0)]).toEqual([-Infinity, Infinity]);
  expect(normalQuantileOfLog(-1e300) / -Math.sqrt(2e300)).toBeCloseTo(1, 12);
  for (const f of [normalCdf, logNormalCdf, normalQuantileOfLog]) expect(f(Number.NaN)).toBeNaN();
});

test("intervals far in a tail agree with SciPy", () => {
  // scipy.stats.norm: log(cdf(b) − cdf(a))
  expect(logNormalInterval(-1, 2)).toBeCloseTo(Math.log(0.8185946141203637), 14);
  expect(logNormalInterval(-3.5, -2.9)).toBeCloseTo(-6.41722365976, 10);
  expect(logNormalInterval(20, 21)).toBeCloseTo(-203.9171553722882, 9);
});
