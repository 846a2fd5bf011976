import { expect, test } from "vitest";
import { logNormalCdf, logNormalInterval, millsRatio, normalCdf, normalQuantileOfLog, normalTail } from "./normal.ts";

test("both ways agree where they meet, and it is 0 and 1 at the ends", () => {
  const [below, above] = [normalTail(3 - 1e-12), normalTail(3)];
  expect(Math.abs(below / above - 1)).toBeLessThan(1e-10);
  expect([normalTail(Number.POSITIVE_INFINITY), normalTail(Number.NEGATIVE_INFINITY)]).toEqual([0, 1]);
  expect(normalTail(Number.NaN)).toBeNaN();
});

test.each([
  [-3, 0.9986501019683699],
  [-0.5, 0.6914624612740131],
  [0, 0.5],
  [0.5, 0.3085375387259869],
  [1.96, 0.024997895148220435],
  [2.999, 0.0013543365337271066],
  [3.001, 0.001345472825084966],
  [5, 2.866515718791933e-7],
  [20, 2.7536241186062337e-89],
  [37, 5.725571222524577e-300],
])("P(Z > %d)", (z, expected) => {
  expect(normalTail(z) / expected - 1).toBeCloseTo(0, 9);
});

// √(π/2), and P(Z > 1)/φ(1) = 0.158655…/0.241971…
test("Mills' ratio", () => {
  expect(millsRatio(0)).toBeCloseTo(1.2533141373155, 12);
  expect(millsRatio(1)).toBeCloseTo(0.6556795424188, 12);
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
