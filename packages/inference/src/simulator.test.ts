import { useBackend } from "@pushforward/backend";
import { DeepSet } from "@pushforward/conditioners";
import { createKey, DataError, type Key, ndArray, OptionError, ShapeError } from "@pushforward/core";
import { ConditionalMixture, DiagonalNormal } from "@pushforward/distributions";
import { type ConditionalFlow, maf } from "@pushforward/flows";
import { beforeAll, describe, expect, test } from "vitest";
import { BACKENDS, DEEP } from "../../testing/test/deep.ts";
import { type FitNpeOptions, fitNpe } from "./fit-npe-nle.ts";
import type { DensityFactory } from "./inference-problem.ts";
import { fitTsnpe } from "./rounds/fit-tsnpe.ts";
import { simulate } from "./simulate.ts";
import { knownStatistics, outsideSimulations, type RowSimulator, withMissing } from "./simulator.ts";

const none = Number.NaN;

/** θ ~ N(0, 1) and x = (θ + e₁, θ + e₂) with e ~ N(0, 0.6²): each number that is known adds 1/0.6² to the precision. */
const NOISE = 0.6;
const pair: RowSimulator = ([theta = 0], key) => key.normal(2).map((z) => theta + NOISE * z);
const prior = () => new DiagonalNormal({ mean: [0], scale: [1] });
const exact = (known: readonly number[]): { mean: number; sd: number } => {
  const precision = 1 + known.length / NOISE ** 2;
  return { mean: known.reduce((sum, x) => sum + x, 0) / NOISE ** 2 / precision, sd: 1 / Math.sqrt(precision) };
};
const density: DensityFactory = (sizes) => maf({ ...sizes, hidden: [16], transforms: 2 });
const training = { maxSteps: 600, batchSize: 128 };

function expectPosterior(posterior: ConditionalFlow, observation: readonly number[], tolerance: number): void {
  const samples = posterior.given(observation).sample(createKey(3), [4000]).dataSync() as Float32Array;
  const mean = samples.reduce((sum, x) => sum + x, 0) / samples.length;
  const sd = Math.sqrt(samples.reduce((sum, x) => sum + (x - mean) ** 2, 0) / samples.length);
  const expected = exact(observation.filter((x) => !Number.isNaN(x)));
  expect(Math.abs(mean - expected.mean)).toBeLessThan(tolerance);
  expect(Math.abs(sd - expected.sd)).toBeLessThan(tolerance);
}

const fitted = (options: Partial<FitNpeOptions> & { key: Key }) =>
  fitNpe({ prior: prior(), simulator: pair, simulations: 2000 }, { density, training, ...options });

describe.each(BACKENDS)("%s", (backend) => {
  beforeAll(() => useBackend(backend));

  test("numbers hidden in training give the posterior of what is known", async () => {
    const { posterior, outside, trainRows } = await fitted({ key: createKey(1), missing: { rate: 0.4 } });
    for (const observation of [
      [0.8, -0.1],
      [0.8, none],
      [none, -1],
    ])
      expectPosterior(posterior, observation, 0.12);
    expect(trainRows).toBe(1800);
    expect(outside([100, none])).toMatchObject([{ column: 0, value: 100 }]);
    expect(() => posterior.given([Number.POSITIVE_INFINITY, 0])).toThrow(DataError);
    posterior.dispose();
  });
});

describe("wasm", () => {
  beforeAll(() => useBackend("wasm"));

  test("NaN of a simulator are learned from, and only with the option", async () => {
    const gaps: RowSimulator = async (theta, key) => {
      const row = Array.from(await pair(theta, key));
      const u = key.fold("gap").uniform(1)[0] as number;
      return u < 0.1 ? [none, none] : u < 0.4 ? [row[0] as number, none] : row;
    };
    const problem = { prior: prior(), simulator: gaps, simulations: 1500 };
    const options = { key: createKey(2), density, training: { maxSteps: 400 } } as const;
    const { posterior, dropped, attempted, trainRows, validationRows } = await fitNpe(problem, {
      ...options,
      missing: {},
    });
    expect(dropped).toMatchObject([{ reason: "no number that is not NaN" }]);
    expect(trainRows + validationRows + (dropped[0]?.count as number)).toBe(attempted);
    expectPosterior(posterior, [0.7, none], 0.15);
    posterior.dispose();
    const without = await fitNpe(problem, { ...options, training: { maxSteps: 1 } });
    expect(without.dropped.map(({ reason }) => reason)).toContain("NaN in column 1");
    expect(() => without.posterior.given([0, none])).toThrow(DataError);
    expect(() => without.outside([0, none])).toThrow(DataError);
    without.posterior.dispose();
    // A table of simulations is read by the same rule.
    const { parameters, data } = await simulate(problem, { key: createKey(2), keepsMissing: true });
    const table = await fitNpe(
      { prior: prior(), simulations: { parameters, data } },
      { ...options, missing: {}, training: { maxSteps: 1 } },
    );
    expect(table.dropped).toEqual([]);
    table.posterior.dispose();
  });

  test.runIf(DEEP)("a set whose elements may be missing", async () => {
    const options = { key: createKey(4), missing: { rate: 0.4 } } as const;
    const { posterior } = await fitted({
      ...options,
      embedding: ({ inputSize, key }) => {
        expect(inputSize).toBe(4);
        return new DeepSet({
          elements: 2,
          elementSize: 1,
          missing: true,
          outputSize: 4,
          features: 8,
          hidden: [16],
          key,
        });
      },
    });
    for (const observation of [
      [0.8, -0.1],
      [none, 0.6],
    ])
      expectPosterior(posterior, observation, 0.15);
    posterior.dispose();
  });

  test("an ensemble mixes densities of equal weight, which also take missing numbers", async () => {
    const { posterior, validationLoss } = await fitted({
      key: createKey(5),
      ensemble: 2,
      missing: { rate: 0.4 },
      training: { maxSteps: 500 },
    });
    expect(posterior.base).toBeInstanceOf(ConditionalMixture);
    const mixture = posterior.base as ConditionalMixture;
    expect([...mixture.weights]).toEqual([0.5, 0.5]);
    const [first, second] = mixture.components.map(
      (component) => (component as ConditionalFlow).given([0.2, none]).logProb([0.1]).dataSync()[0],
    ) as [number, number];
    expect(first).not.toBe(second);
    const mixed = posterior.given([0.2, none]).logProb([0.1]).dataSync()[0] as number;
    expect(mixed).toBeCloseTo(Math.log((Math.exp(first) + Math.exp(second)) / 2), 4);
    expectPosterior(posterior, [0.8, -0.1], 0.15);
    expect(Number.isFinite(validationLoss)).toBe(true);
    posterior.dispose();
  });

  test("rounds keep missing numbers, also those of the observation", async () => {
    const observation = [0.5, none];
    const problem = { prior: prior(), simulator: pair, simulations: 400, observation };
    const options = { key: createKey(6), rounds: 2, density, training: { maxSteps: 50 } };
    const { posterior, dropped } = await fitTsnpe(problem, { ...options, missing: { rate: 0.3 } });
    expect(dropped).toEqual([]);
    expect(posterior.given(observation).sample(createKey(0), [5]).dataSync().every(Number.isFinite)).toBe(true);
    posterior.dispose();
    await expect(fitTsnpe(problem, options)).rejects.toThrow(DataError);
  });

  test("refuses what can't be meant", async () => {
    await expect(fitted({ key: createKey(0), missing: { rate: 1 } })).rejects.toThrow(
      new OptionError("fitNpe: expected missing.rate from 0 to below 1, got 1."),
    );
    await expect(fitted({ key: createKey(0), ensemble: 0 })).rejects.toThrow(
      new OptionError("fitNpe: expected ensemble to be an integer from 1, got 0."),
    );
    await expect(fitted({ key: createKey(0), missing: {}, density: "auto" })).rejects.toThrow(
      new OptionError('fitNpe: expected one density for missing numbers, such as "nsf", got "auto".'),
    );
  });
});

test("statistics are of what is known, and rows are copied with numbers hidden", () => {
  const context = ndArray([3, 3], Float64Array.of(1, none, none, 3, 5, none, none, 5, none));
  expect(knownStatistics(context)).toEqual({
    mean: Float64Array.of(2, 5, 0),
    sd: Float64Array.of(1, 1, 1),
    constant: [1, 2],
  });
  const x = ndArray([2, 1], Float64Array.of(7, 8));
  const rows = { x, context: ndArray([2, 2], Float64Array.of(1, none, 3, 4)) };
  expect(Array.from(withMissing(rows, {}, createKey(0)).context.data)).toEqual([1, 0, 0, 1, 3, 0, 4, 0]);
  const twice = withMissing(rows, { rate: 0.999 }, createKey(0));
  expect(Array.from(twice.x.data)).toEqual([7, 8, 7, 8]);
  expect(Array.from(twice.context.data)).toEqual([1, 0, 0, 1, 3, 0, 4, 0, 0, 1, 0, 1, 0, 1, 0, 1]);
});

const simulations = ndArray([3, 2], Float64Array.of(0, 10, 1, 30, 2, 20));

test("numbers within the range of their column are inside, its ends too", () => {
  expect(outsideSimulations(simulations, [1.5, 25])).toEqual([]);
  expect(outsideSimulations(simulations, Float32Array.of(2, 10))).toEqual([]);
});

test("each number that no simulation reached is named with the range", () => {
  expect(outsideSimulations(simulations, [-1, 40])).toEqual([
    { column: 0, value: -1, low: 0, high: 2 },
    { column: 1, value: 40, low: 10, high: 30 },
  ]);
});

test("an observation of another size, or with NaN, is refused", () => {
  expect(() => outsideSimulations(simulations, [1])).toThrow(ShapeError);
  expect(() => outsideSimulations(simulations, [1, Number.NaN])).toThrow(
    new DataError("outside: expected finite numbers, got NaN in column 1."),
  );
});

test("missing numbers are skipped where they are accepted", () => {
  const some = ndArray([3, 2], Float64Array.of(0, 10, Number.NaN, 30, 2, 20));
  expect(outsideSimulations(some, [Number.NaN, 40], true)).toEqual([{ column: 1, value: 40, low: 10, high: 30 }]);
  expect(outsideSimulations(some, [3, Number.NaN], true)).toEqual([{ column: 0, value: 3, low: 0, high: 2 }]);
  expect(() => outsideSimulations(some, [Number.POSITIVE_INFINITY, 10], true)).toThrow(DataError);
});
