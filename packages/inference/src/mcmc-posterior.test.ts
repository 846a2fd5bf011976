import { useBackend } from "@pushforward/backend";
import { createKey, DataError, OptionError, ShapeError } from "@pushforward/core";
import { StandardNormal, Uniform } from "@pushforward/distributions";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { BACKENDS, DEEP } from "../../testing/test/deep.ts";
import { chainStatistics, McmcPosterior } from "./mcmc-posterior.ts";

/** x ~ N(θ, ¼): with θ ~ N(0, 1) the posterior of n trials with mean m is N(4nm/(1 + 4n), 1/(1 + 4n)) in each column. */
const logLikelihood = (theta: tf.Tensor, x: tf.Tensor): tf.Tensor =>
  tf.tidy(() => tf.mul(-2, tf.sum(tf.square(tf.sub(x, theta)), -1)));
const gaussian = (): McmcPosterior =>
  new McmcPosterior({ prior: new StandardNormal({ features: 2 }), dataSize: 2, logLikelihood });

function moments(draws: { readonly data: ArrayLike<number> }, j: number): [mean: number, variance: number] {
  const values = Array.from(draws.data).filter((_, i) => i % 2 === j);
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  return [mean, values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length];
}

describe.each(BACKENDS)("McmcPosterior on %s", (backend) => {
  beforeAll(() => useBackend(backend));

  it.each([
    [[1, -0.5]],
    [
      [1.2, -0.3],
      [0.8, -0.7],
      [1, -0.5],
    ],
  ] as const)("samples the posterior of trials %j", (...trials) => {
    const rows = trials as unknown as number[][];
    const n = rows.length;
    const found = gaussian().given(rows).draw(createKey(1), 2000);
    const means = [1, -0.5];
    for (const j of [0, 1]) {
      const [mean, variance] = moments(found.draws, j);
      const exact = 1 / (1 + 4 * n);
      expect(Math.abs(mean - 4 * n * (means[j] as number) * exact)).toBeLessThan(5 * Math.sqrt(exact / 1000));
      expect(Math.abs(variance / exact - 1)).toBeLessThan(0.2);
      expect(found.rHat[j]).toBeLessThan(1.1);
      expect(found.ess[j]).toBeGreaterThan(500);
    }
    expect(found.acceptance).toBeGreaterThan(0.2);
    expect(found.acceptance).toBeLessThan(0.8);
  });

  it("has the density of prior and likelihood, and none outside of the prior", () => {
    const posterior = new McmcPosterior({
      prior: new Uniform({ low: [0, 0], high: [1, 2] }),
      dataSize: 2,
      logLikelihood,
    });
    const given = posterior.given([0.5, 0.5]);
    const values = tf.tidy(() =>
      given
        .unnormalizedLogProb([
          [0.5, 1],
          [2, 1],
          [0.2, -0.1],
        ])
        .dataSync(),
    );
    expect(values[0]).toBeCloseTo(-Math.log(2) - 0.5, 5);
    expect(Array.from(values.slice(1))).toEqual([Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY]);
    expect("logProb" in given).toBe(false);
  });

  it.runIf(DEEP)("gives the same draws for the same key, inside of the support, and leaks nothing", () => {
    const posterior = new McmcPosterior({
      prior: new Uniform({ low: [0, 0], high: [1, 2] }),
      dataSize: 2,
      logLikelihood,
    });
    const given = posterior.given([0.02, 1.99]);
    const draw = (seed: number): number[] =>
      tf.tidy(() => Array.from(given.sample(createKey(seed), [10, 20], { warmUp: 50 }).dataSync()));
    const before = tf.memory().numTensors;
    const first = draw(1);
    expect(draw(1)).toEqual(first);
    expect(draw(2)).not.toEqual(first);
    expect(tf.memory().numTensors).toBe(before);
    expect(first.length).toBe(400);
    for (const [i, value] of first.entries()) {
      expect(value).toBeGreaterThanOrEqual(0);
      expect(value).toBeLessThanOrEqual(i % 2 === 0 ? 1 : 2);
    }
  });
});

describe("McmcPosterior", () => {
  beforeAll(() => useBackend("cpu"));

  it("refuses what can't be meant", () => {
    const posterior = gaussian();
    expect(() => posterior.given([1])).toThrow(ShapeError);
    expect(() => posterior.given([1, Number.NaN])).toThrow(DataError);
    const given = posterior.given([0, 0]);
    expect(() => given.draw(createKey(0), 0)).toThrow(OptionError);
    expect(() => given.draw(createKey(0), 5, { chains: 7 })).toThrow(/even number of chains/);
    expect(() => given.unnormalizedLogProb([[1, 2, 3]])).toThrow(ShapeError);
    const impossible = new McmcPosterior({
      prior: new StandardNormal({ features: 2 }),
      dataSize: 2,
      logLikelihood: (theta) => tf.fill([theta.shape[0] as number], Number.NEGATIVE_INFINITY),
    });
    expect(() => impossible.given([0, 0]).draw(createKey(0), 5)).toThrow(DataError);
  });
});

/** Autoregressive chains of order one: x ← ρx + √(1 − ρ²)z, whose effective sample size is n (1 − ρ)/(1 + ρ). */
function chainsOf(chains: number, steps: number, rho: number, shift: (chain: number) => number): Float64Array {
  const z = createKey(5).normal(chains * (steps + 1));
  const state = Float64Array.from(z.subarray(0, chains));
  const values = new Float64Array(chains * steps);
  for (let t = 0; t < steps; t++) {
    for (let c = 0; c < chains; c++) {
      state[c] = rho * (state[c] as number) + Math.sqrt(1 - rho * rho) * (z[(t + 1) * chains + c] as number);
      values[t * chains + c] = (state[c] as number) + shift(c);
    }
  }
  return values;
}

describe("chainStatistics", () => {
  it.each([0, 0.5, 0.9])("finds the effective sample size of chains with autocorrelation %d", (rho) => {
    const { rHat, ess } = chainStatistics({ values: chainsOf(20, 2000, rho, () => 0), chains: 20 });
    const exact = (40_000 * (1 - rho)) / (1 + rho);
    expect(Math.abs(ess / exact - 1)).toBeLessThan(0.12);
    expect(rHat).toBeLessThan(1.01);
  });

  it("sees chains that do not agree, and chains that drift", () => {
    const apart = chainsOf(20, 500, 0, (c) => (c < 10 ? 0 : 2));
    expect(chainStatistics({ values: apart, chains: 20 }).rHat).toBeGreaterThan(1.3);
    const drifting = chainsOf(20, 500, 0, () => 0).map((value, i) => value + i / 5000);
    expect(chainStatistics({ values: drifting, chains: 20 }).rHat).toBeGreaterThan(1.05);
  });

  it("has no answer for chains that are too short or never move", () => {
    expect(chainStatistics({ values: new Float64Array(6), chains: 2 }).rHat).toBeNaN();
    expect(chainStatistics({ values: new Float64Array(60), chains: 2 })).toEqual({ rHat: Number.NaN, ess: Number.NaN });
  });
});
