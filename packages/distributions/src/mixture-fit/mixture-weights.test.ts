import { createKey, DataError, OptionError, ShapeError } from "@pushforward/core";
import { expect, test } from "vitest";
import { cpuSecondsOf } from "../../../testing/test/cpu-seconds-of.ts";
import { mixtureWeights } from "./mixture-weights.ts";

const LOW = Number.NEGATIVE_INFINITY;
const HALF_LOG_2PI = 0.5 * Math.log(2 * Math.PI);
const normal = (x: number, mean: number, sd: number): number =>
  -0.5 * ((x - mean) / sd) ** 2 - Math.log(sd) - HALF_LOG_2PI;

const meanLogProb = (logProbs: readonly ArrayLike<number>[], weights: ArrayLike<number>): number => {
  const rows = logProbs[0]?.length as number;
  let sum = 0;
  for (let r = 0; r < rows; r++) {
    sum += Math.log(logProbs.reduce((p, own, k) => p + (weights[k] as number) * Math.exp(own[r] as number), 0));
  }
  return sum / rows;
};

test("finds the maximum, which bisection finds too", () => {
  const key = createKey(3);
  const [choice, noise] = [key.fold(0).uniform(800), key.fold(1).normal(800)];
  const x = Array.from(noise, (z, i) => ((choice[i] as number) < 0.3 ? z - 1 : 2 * z + 1));
  const logProbs = [x.map((v) => normal(v, -1, 1)), x.map((v) => normal(v, 1, 2))];
  const { weights, meanLogProb: found } = mixtureWeights(logProbs);
  let [low, high] = [0, 1];
  for (let i = 0; i < 100; i++) {
    const w = (low + high) / 2;
    const slope = logProbs[0]?.reduce((sum, a, r) => {
      const [p, q] = [Math.exp(a), Math.exp(logProbs[1]?.[r] as number)];
      return sum + (p - q) / (w * p + (1 - w) * q);
    }, 0) as number;
    if (slope > 0) low = w;
    else high = w;
  }
  expect(weights[0]).toBeCloseTo(low, 6);
  expect((weights[0] as number) + (weights[1] as number)).toBeCloseTo(1, 14);
  expect(found).toBeCloseTo(meanLogProb(logProbs, weights), 12);
  expect(found).toBeGreaterThan(meanLogProb(logProbs, [0.5, 0.5]));
});

test("each step raises the mean, from equal weights on", () => {
  const logProbs = [0, 1, 2].map((k) => Array.from(createKey(k).normal(50), (v) => 2 * v));
  const means = [0, 1, 2, 5, 20, 300].map((steps) => mixtureWeights(logProbs, { steps }).meanLogProb);
  expect(means[0]).toBeCloseTo(meanLogProb(logProbs, [1 / 3, 1 / 3, 1 / 3]), 12);
  for (let i = 1; i < means.length; i++) expect(means[i]).toBeGreaterThan(means[i - 1] as number);
});

test("log-densities of any size, and rows outside of some or all components", () => {
  const far = mixtureWeights([
    [-1e6, -1e6 + 2],
    [-1e6, -1e6 + 2],
  ]);
  expect(Array.from(far.weights)).toEqual([0.5, 0.5]);
  expect(far.meanLogProb).toBe(-1e6 + 1);
  // Three rows that only the first component knows, one that only the second does.
  const apart = mixtureWeights([
    [1, 2, 3, LOW],
    [LOW, LOW, LOW, 5],
  ]);
  expect(Array.from(apart.weights)).toEqual([0.75, 0.25]);
  expect(apart.meanLogProb).toBeCloseTo((6 + 3 * Math.log(0.75) + 5 + Math.log(0.25)) / 4, 12);
  const outside = mixtureWeights([
    [1, LOW],
    [LOW, LOW],
  ]);
  expect(Array.from(outside.weights)).toEqual([1, 0]);
  expect(outside.meanLogProb).toBe(LOW);
  expect(mixtureWeights([[LOW], [LOW]])).toEqual({ weights: Float64Array.of(0.5, 0.5), meanLogProb: LOW });
  expect(mixtureWeights([Float32Array.of(-3, -5)])).toEqual({ weights: Float64Array.of(1), meanLogProb: -4 });
});

test("stops when nothing moves, and after its steps", async () => {
  // Where both agree, no step changes anything; a million steps would take seconds.
  const same = Array.from(createKey(1).normal(20_000));
  const seconds = await cpuSecondsOf(() =>
    expect(Array.from(mixtureWeights([same, same], { steps: 1e9 }).weights)).toEqual([0.5, 0.5]),
  );
  expect(seconds).toBeLessThan(5);
});

test.each([
  [() => mixtureWeights([]), OptionError, "mixtureWeights: expected at least one component, got none."],
  [() => mixtureWeights([[], []]), DataError, "mixtureWeights: expected at least one row, got none."],
  [
    () => mixtureWeights([[1], [2]], { steps: 0.5 }),
    OptionError,
    "mixtureWeights: expected steps to be an integer of at least 0, got 0.5.",
  ],
  [
    () => mixtureWeights([[1, 2], [1]]),
    ShapeError,
    "mixtureWeights: expected 2 rows for each component, got 1 for component 1.",
  ],
  [
    () =>
      mixtureWeights([
        [1, 2],
        [1, Number.NaN],
      ]),
    DataError,
    "mixtureWeights: expected log-densities below infinity, got NaN for component 1 in row 2.",
  ],
  [
    () => mixtureWeights([[Number.POSITIVE_INFINITY]]),
    DataError,
    "mixtureWeights: expected log-densities below infinity, got Infinity for component 0 in row 1.",
  ],
])("error %#", (run, kind, message) => {
  expect(run).toThrow(kind);
  expect(run).toThrow(message);
});
