// Numbers from second sources: plain loops, SciPy, and NumPy.
import { createKey, type Key } from "@pushforward/core";
import { expect, test } from "vitest";
import {
  credibilityLevels,
  effectiveSampleSize,
  expectedCoverage,
  highestDensityThresholds,
  paretoSmoothedWeights,
  pit,
  posteriorPredictive,
  simulationBasedCalibration,
  tarp,
} from "./index.ts";

const [truthKey, drawsKey, key] = createKey(11).split(3);
const [runs, count, size] = [60, 40, 3];
// Halves, so that there are ties.
const halves = (from: Key, n: number): number[] => Array.from(from.normal(n), (z) => Math.round(2 * z) / 2);
const truthData = halves(truthKey, runs * size);
const drawsData = halves(drawsKey, runs * count * size);
const truths = Array.from({ length: runs }, (_, i) => truthData.slice(i * size, (i + 1) * size));
const draws = Array.from({ length: runs }, (_, i) =>
  Array.from({ length: count }, (__, l) => drawsData.slice((i * count + l) * size, (i * count + l + 1) * size)),
);

test("ranks are those of a plain loop, and ties are broken within their bounds, evenly", () => {
  const { ranks, columns } = simulationBasedCalibration(truths, draws, { key });
  let [ties, inside] = [0, 0];
  for (const [i, truth] of truths.entries()) {
    for (const [j, value] of truth.entries()) {
      const others = (draws[i] as number[][]).map((draw) => draw[j] as number);
      const [below, upTo] = [others.filter((v) => v < value).length, others.filter((v) => v <= value).length];
      const rank = ranks[i * size + j] as number;
      expect(rank).toBeGreaterThanOrEqual(below);
      expect(rank).toBeLessThanOrEqual(upTo);
      const level = columns[j]?.values[i] as number;
      expect(Math.floor(level * (count + 1) * (1 + 1e-12))).toBe(rank);
      if (upTo > below) {
        ties++;
        inside += (rank - below) / (upTo - below);
      }
    }
  }
  // A rank drawn evenly among its equals lies in their middle on average.
  expect(ties).toBeGreaterThan(100);
  expect(Math.abs(inside / ties - 0.5)).toBeLessThan(4 / Math.sqrt(12 * ties) + 0.03);
});

test("TARP counts draws by distance as a plain loop does", () => {
  const references = Array.from({ length: runs }, (_, i) => [0.1 * (i % 7) - 0.31, 0.2, -0.17 * (i % 3)]);
  const { values } = tarp(truths, draws, { key, references });
  const spans = [0, 1, 2].map((j) => {
    const column = truths.map((row) => row[j] as number);
    return Math.max(...column) - Math.min(...column);
  });
  for (const [i, truth] of truths.entries()) {
    const distance = (point: readonly number[]): number =>
      Math.hypot(...point.map((v, j) => (v - (references[i]?.[j] as number)) / (spans[j] as number)));
    const own = distance(truth);
    const all = (draws[i] as number[][]).map(distance);
    const below = all.filter((d) => d < own - 1e-12).length;
    const upTo = all.filter((d) => d <= own + 1e-12).length;
    const level = values[i] as number;
    expect(level).toBeGreaterThanOrEqual(below / (count + 1));
    expect(level).toBeLessThanOrEqual((upTo + 1) / (count + 1));
  }
});

test("random references lie in the box of the truths, and the bootstrap around the curve", () => {
  const one = tarp(truths, draws, { key, levels: [0.2, 0.5, 0.8] });
  expect(one).toEqual(tarp(truths, draws, { key, levels: [0.2, 0.5, 0.8] }));
  expect(one.values).not.toEqual(tarp(truths, draws, { key: createKey(12) }).values);
  for (const [k, share] of one.coverage.entries()) {
    expect(one.bootstrap.low[k]).toBeLessThanOrEqual(share);
    expect(one.bootstrap.high[k]).toBeGreaterThanOrEqual(share);
    // 99 % of a binomial share, by the normal approximation.
    const width = (one.bootstrap.high[k] as number) - (one.bootstrap.low[k] as number);
    expect(width / (2 * 2.576 * Math.sqrt((share * (1 - share)) / runs))).toBeGreaterThan(0.7);
    expect(width / (2 * 2.576 * Math.sqrt((share * (1 - share)) / runs))).toBeLessThan(1.3);
  }
  expect(tarp(truths, draws, { key, resamples: 0 }).bootstrap).toEqual({ low: [], high: [] });
});

test("levels of coverage count draws of higher density", () => {
  const truth = [-1, -5, -2, Number.NEGATIVE_INFINITY];
  const logProbs = [
    [-0.5, -1.5, -2.5, -3.5],
    [-0.5, -1.5, -2.5, -3.5],
    [-0.5, -1.5, -2.5, -3.5],
    [-0.5, -1.5, -2.5, -3.5],
  ];
  const levels = credibilityLevels(truth, logProbs, { key });
  expect(Array.from(levels, (level) => Math.floor(level * 5))).toEqual([1, 4, 2, 4]);
  const curve = expectedCoverage(truth, logProbs, { key, levels: [0.35, 0.75, 1] });
  expect(curve.coverage.map((share) => share >= 0 && share <= 1)).toEqual([true, true, true]);
  expect(curve.coverage[2]).toBe(1);
  // numpy.quantile([-3.5, -2.5, -1.5, -0.5], [0.5, 0.1])
  expect(highestDensityThresholds([-0.5, -1.5, -2.5, -3.5], [0.5, 0.9])).toEqual([-2, -3.2]);
});

test("tests of uniformity are those of SciPy", () => {
  // numpy.histogram, scipy.stats.chisquare and kstest of ((i + ½)/200)^1.2
  const values = Array.from({ length: 200 }, (_, i) => ((i + 0.5) / 200) ** 1.2);
  const [column] = pit(values, { bins: 10 }).columns;
  expect(Array.from(column?.counts as Int32Array)).toEqual([29, 23, 21, 20, 19, 19, 18, 17, 17, 17]);
  expect(column?.chiSquared.statistic).toBeCloseTo(6.2, 12);
  expect(column?.chiSquared.pValue).toBeCloseTo(0.7197465748240341, 10);
  expect(column?.kolmogorovSmirnov.statistic).toBeCloseTo(0.06947949897421818, 12);
  // The exact p-value; ours is asymptotic.
  expect(Math.abs((column?.kolmogorovSmirnov.pValue as number) - 0.27618040304098823)).toBeLessThan(0.01);
});

test("the pairs of PIT values have the correlation of their normal scores", () => {
  // Quantiles of a normal in two orders: the second column is the first, turned by 30 places.
  const n = 101;
  const u = Array.from({ length: n }, (_, i) => (i + 0.5) / n);
  const same = pit(u.map((v) => [v, v])).pairs[0];
  expect(same?.columns).toEqual([0, 1]);
  expect(same?.correlation).toBeCloseTo(1, 12);
  expect(same?.pValue).toBe(0);
  expect(pit(u.map((v) => [v, 1 - v, v])).pairs.map(({ correlation }) => Math.round(correlation))).toEqual([-1, 1, -1]);
  expect(pit(u).pairs).toEqual([]);
});

test("weights that differ little have no heavy tail, whatever the magnitudes of their differences", () => {
  // Excesses over the cutoff from 1e-12 to 0.5, as of draws from a mixture with a few nearly equal weights.
  const weights = Float64Array.from({ length: 4000 }, (_, i) =>
    i < 3800 ? 0.5 : 0.5 + 10 ** (-12 + (11.7 * (i - 3800)) / 199),
  );
  const { paretoK, threshold, effectiveSampleSize: effective } = paretoSmoothedWeights(weights.map(Math.log));
  expect(paretoK).toBeLessThan(threshold);
  expect(effective).toBeGreaterThan(3900);
});

test("effective sample size and Pareto k are those of a second implementation", () => {
  // Quantiles of weights with a Pareto tail of shape a; NumPy with the formulas of Zhang and Stephens (2009) and Vehtari
  // et al. (2015), and scipy.stats.genpareto for the quantiles.
  const reference = [
    [100, 0.3, 0.3772698681657965, 85.73007755650478, 86.18639629304836],
    [100, 0.9, 0.7205967434897378, 18.655052672588926, 12.715952484571906],
    [100, 1.6, 1.1222462084636282, 4.309416235673468, 2.1553787555344215],
    [1000, 0.3, 0.3235606438260687, 832.37836806263, 835.6684703002682],
    [1000, 0.9, 0.8442664334030672, 38.144268500684156, 29.761219308449544],
    [5000, 0.9, 0.8737133169487287, 58.3126474115943, 49.9200278446022],
    [5000, 1.6, 1.5295921305035403, 2.51397433002093, 2.2466565204486146],
  ] as const;
  for (const [n, a, k, smoothed, raw] of reference) {
    const logWeights = Float64Array.from({ length: n }, (_, i) => 700 - a * Math.log(1 - (i + 0.5) / n));
    const found = paretoSmoothedWeights(logWeights);
    expect(found.paretoK).toBeCloseTo(k, 9);
    expect(found.effectiveSampleSize / smoothed).toBeCloseTo(1, 9);
    expect(effectiveSampleSize(logWeights) / raw).toBeCloseTo(1, 9);
    expect(found.logWeights.reduce((sum, value) => sum + Math.exp(value), 0)).toBeCloseTo(1, 12);
    // The order of the draws is kept.
    expect(found.logWeights.every((value, i) => i === 0 || value >= (found.logWeights[i - 1] as number))).toBe(true);
  }
});

test("weights that need no smoothing, or allow none", () => {
  const equal = paretoSmoothedWeights(new Float64Array(500).fill(3));
  expect(equal.paretoK).toBe(0);
  expect(equal.effectiveSampleSize).toBeCloseTo(500, 9);
  expect(equal.threshold).toBeCloseTo(1 - 1 / Math.log10(500), 12);
  expect(paretoSmoothedWeights(new Float64Array(50_000)).threshold).toBe(0.7);
  expect(paretoSmoothedWeights([0, 1, 2]).paretoK).toBe(Number.POSITIVE_INFINITY);
  expect(effectiveSampleSize([0, 0, Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY])).toBe(2);
});

test("a predictive check places the observation among the simulations", () => {
  const simulated = Array.from({ length: 99 }, (_, i) => [i + 1, -(i + 1)]);
  const { statistics, pValue } = posteriorPredictive(simulated, [50, 10], { level: 0.8 });
  // numpy.quantile(arange(1, 100), [0.1, 0.5, 0.9])
  expect(statistics[0]).toMatchObject({ observed: 50, mean: 50, median: 50, pValue: 1 });
  expect(statistics[0]?.low).toBeCloseTo(10.8, 12);
  expect(statistics[0]?.high).toBeCloseTo(89.2, 12);
  // numpy.std(arange(1, 100), ddof=1)
  expect(statistics[0]?.deviation).toBeCloseTo(28.722813232690143, 12);
  // Beyond all 99: 2·(1 + 0)/100.
  expect(statistics[1]?.pValue).toBe(0.02);
  expect(pValue).toBe(0.04);
});
