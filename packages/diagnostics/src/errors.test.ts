import { useBackend } from "@pushforward/backend";
import { createKey, DataError, DisposedError, OptionError, ShapeError } from "@pushforward/core";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import {
  c2st,
  credibilityLevels,
  effectiveSampleSize,
  expectedCoverage,
  highestDensityThresholds,
  localC2st,
  paretoSmoothedWeights,
  pit,
  posteriorPredictive,
  probabilityCurve,
  simulationBasedCalibration,
  tarp,
} from "./index.ts";

const key = createKey(0);
const rows = [
  [1, 2],
  [3, 4],
];
const draws = [
  [
    [1, 2],
    [0, 1],
  ],
  [
    [2, 2],
    [5, 1],
  ],
];
const many = Array.from({ length: 30 }, (_, i) => [i, (i * i) % 7]);

beforeAll(async () => {
  await useBackend("cpu");
});

type ErrorClass = new (...args: never[]) => Error;

const cases: Readonly<Record<string, readonly [() => unknown, ErrorClass, string]>> = {
  "no key": [
    () => simulationBasedCalibration(rows, draws, {} as never),
    OptionError,
    "simulationBasedCalibration: expected options.key, got none. Pass { key: createKey(0) }.",
  ],
  "draws of other runs": [
    () => simulationBasedCalibration([[1, 2]], draws, { key }),
    ShapeError,
    "simulationBasedCalibration: expected draws of shape [1, draws, 2], got [2, 2, 2].",
  ],
  "draws that are a table": [
    () => tarp(rows, rows, { key }),
    ShapeError,
    "tarp: expected draws of shape [2, draws, 2], got [2, 2, 1].",
  ],
  "NaN among the truths": [
    () =>
      tarp(
        [
          [1, 2],
          [Number.NaN, 1],
        ],
        draws,
        { key },
      ),
    DataError,
    "tarp: expected finite numbers in truths, got NaN in row 2, column 1. Drop these rows or fill them in.",
  ],
  "no truths": [() => tarp([], draws, { key }), DataError, "tarp: expected at least one row in truths, got none."],
  "ragged draws": [
    () => tarp(rows, [[[1, 2]], [[1]]], { key }),
    ShapeError,
    "tarp: expected 2 values in row 2 of draws, got 1.",
  ],
  "a text": [
    () => pit(["0.5", 0.1] as never),
    DataError,
    'pit: expected finite numbers in cdfValues, got "0.5" in row 1.',
  ],
  "no array": [
    () => pit(0.5 as never),
    ShapeError,
    "pit: expected cdfValues as an array of rows, an NdArray or a tensor, got number.",
  ],
  "an NdArray of another size": [
    () => pit({ shape: [3], data: new Float64Array(2) }),
    ShapeError,
    "pit: expected 3 values in cdfValues for shape [3], got 2.",
  ],
  "no columns": [
    () => pit({ shape: [3, 0], data: new Float64Array(0) }),
    ShapeError,
    "pit: expected at least one column in cdfValues, got shape [3, 0].",
  ],
  "outside of [0, 1]": [() => pit([0.2, 1.5]), DataError, "pit: expected numbers from 0 to 1, got 1.5 in row 2."],
  "one bin": [() => pit([0.2, 0.5], { bins: 1 }), OptionError, "pit: expected bins to be an integer from 2, got 1."],
  "a level of 1": [() => pit([0.2, 0.5], { level: 1 }), OptionError, "pit: expected level above 0 and below 1, got 1."],
  "references of another shape": [
    () => tarp(rows, draws, { key, references: [[1, 2]] }),
    ShapeError,
    "tarp: expected references of shape [2, 2], got [1, 2].",
  ],
  "fewer than no resamples": [
    () => tarp(rows, draws, { key, resamples: -1 }),
    OptionError,
    "tarp: expected resamples to be an integer from 0, got -1.",
  ],
  "levels above 1": [
    () => expectedCoverage([0, 1], rows, { key, levels: [1.5] }),
    OptionError,
    "expectedCoverage: expected levels from 0 to 1, got 1.5.",
  ],
  "no levels": [
    () => expectedCoverage([0, 1], rows, { key, levels: [] }),
    OptionError,
    "expectedCoverage: expected at least one level, got none.",
  ],
  "log-densities of other runs": [
    () => expectedCoverage([0, 1, 2], rows, { key }),
    ShapeError,
    "expectedCoverage: expected truthLogProb of shape [2], got [3, 1].",
  ],
  "log-densities with a column": [
    () => credibilityLevels([0, 1], draws, { key }),
    ShapeError,
    "credibilityLevels: expected drawsLogProb of shape [n, draws], got [2, 2, 2].",
  ],
  "a log-density of +∞": [
    () => credibilityLevels([Number.POSITIVE_INFINITY, 1], rows, { key }),
    DataError,
    "credibilityLevels: expected finite numbers in truthLogProb, got Infinity in row 1. Drop these rows or fill them in.",
  ],
  "a mass of 0": [
    () => highestDensityThresholds([1, 2], [0]),
    OptionError,
    "highestDensityThresholds: expected levels above 0 and below 1, got 0.",
  ],
  "no weight": [
    () => effectiveSampleSize([Number.NEGATIVE_INFINITY]),
    DataError,
    "effectiveSampleSize: expected a weight above 0, got only log-weights of -Infinity.",
  ],
  "a weight of NaN": [
    () => paretoSmoothedWeights([0, Number.NaN]),
    DataError,
    "paretoSmoothedWeights: expected finite numbers in logWeights, got NaN in row 2. Drop these rows or fill them in.",
  ],
  "an observation of another size": [
    () => posteriorPredictive(rows, [1]),
    ShapeError,
    "posteriorPredictive: expected observed of shape [2], got [1, 1].",
  ],
  "one point": [
    () => probabilityCurve({ probabilities: new Float64Array(1), nullProbabilities: [] }, { points: 1 }),
    OptionError,
    "probabilityCurve: expected points to be an integer from 2, got 1.",
  ],
  "a disposed tensor": [
    () => {
      const tensor = tf.tensor1d([0.5]);
      tensor.dispose();
      return pit(tensor);
    },
    DisposedError,
    "pit: expected a live tensor as cdfValues, got one that has been disposed.",
  ],
  "samples of other columns": [
    () => c2st(many, [[1, 2, 3]], { key }),
    ShapeError,
    "c2st: expected b with 2 columns, as a has, got 3.",
  ],
  "fewer rows than folds": [
    () => c2st(rows, rows, { key }),
    OptionError,
    "c2st: expected at least 10 rows for 5 folds, got 4.",
  ],
  "one fold": [
    () => c2st(many, many, { key, folds: 1 }),
    OptionError,
    "c2st: expected folds to be an integer from 2, got 1.",
  ],
  "a width of 0": [
    () => c2st(many, many, { key, hidden: [0] }),
    OptionError,
    "c2st: expected each width in hidden to be an integer from 1, got 0.",
  ],
  "a rate of 0": [
    () => c2st(many, many, { key, learningRate: 0 }),
    OptionError,
    "c2st: expected a learningRate above 0, got 0.",
  ],
  "observations of other rows": [
    () => localC2st({ parameters: many, observations: rows, estimates: many }, { key }),
    ShapeError,
    "localC2st: expected 30 rows of observations, got 2.",
  ],
  "estimates of other rows": [
    () => localC2st({ parameters: many, observations: many, estimates: rows }, { key }),
    ShapeError,
    "localC2st: expected estimates of shape [30, 2], got [2, 2].",
  ],
  "few pairs": [
    () => localC2st({ parameters: rows, observations: rows, estimates: rows }, { key }),
    OptionError,
    "localC2st: expected at least 20 rows, got 2.",
  ],
  "no permutations": [
    () => localC2st({ parameters: many, observations: many, estimates: many }, { key, permutations: 0 }),
    OptionError,
    "localC2st: expected permutations to be an integer from 1, got 0.",
  ],
  "another null": [
    () => localC2st({ parameters: many, observations: many, estimates: many }, { key, null: "x" as never }),
    OptionError,
    'localC2st: expected null of "permutation" or "normal", got "x".',
  ],
};

describe("errors name the place, what was expected and what was given", () => {
  test.each(Object.entries(cases))("%s", async (_, [run, type, message]) => {
    const error: unknown = await (async () => run())().then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(type);
    expect((error as Error).message).toBe(message);
  });
});
