import { useBackend } from "@pushforward/backend";
import { createKey, type NdArray } from "@pushforward/core";
import { MultivariateNormal, Uniform } from "@pushforward/distributions";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { DEEP } from "../../../testing/test/deep.ts";
import { fitNle, fitNpe } from "../fit-npe-nle.ts";
import { logEvidence, mapEstimate } from "../map-estimate.ts";
import type { RowSimulator } from "../simulator.ts";
import { fitTsnpeEvents } from "./fit-tsnpe.ts";
import { fitSnle, fitSnre } from "./rounds.ts";

/** x ~ N(θ, 0.1² I) with a wide prior: the posterior fills a thousandth of it. */
const prior = (): Uniform => new Uniform({ low: [-5, -5], high: [5, 5] });
const NOISE = 0.1;
const observation = [1, -2];

function simulatorThatCounts(): { readonly simulator: RowSimulator; readonly seen: number[][] } {
  const seen: number[][] = [];
  const simulator: RowSimulator = (theta, key) => {
    seen.push([...theta]);
    const noise = key.normal(2);
    return Array.from(theta, (value, i) => value + NOISE * (noise[i] as number));
  };
  return { simulator, seen };
}

function expectAround(draws: NdArray | tf.Tensor, widest: number): void {
  const values = draws instanceof tf.Tensor ? draws.dataSync() : draws.data;
  for (const j of [0, 1] as const) {
    const column = Array.from(values).filter((_, i) => i % 2 === j);
    const mean = column.reduce((a, b) => a + b, 0) / column.length;
    const sd = Math.sqrt(column.reduce((sum, value) => sum + (value - mean) ** 2, 0) / column.length);
    expect(Math.abs(mean - (observation[j] as number))).toBeLessThan(0.06);
    expect(sd / NOISE).toBeGreaterThan(0.7);
    expect(sd / NOISE).toBeLessThan(widest);
  }
}

const nearby = (rows: readonly number[][]): number =>
  rows.filter(([a = 0, b = 0]) => Math.hypot(a - 1, b + 2) < 1).length / rows.length;

describe("rounds", () => {
  beforeAll(() => useBackend("wasm"));

  it("tsnpe simulates where the posterior is, tells the share of the prior, and finds it", {
    timeout: 120_000,
  }, async () => {
    const { simulator, seen } = simulatorThatCounts();
    const notes: string[] = [];
    const events = fitTsnpeEvents(
      { prior: prior(), simulator, simulations: 1200, observation },
      { key: createKey(1), rounds: 3, density: "nsf", training: { maxEpochs: 25 } },
    );
    let step = await events.next();
    for (; !step.done; step = await events.next()) if (step.value.type === "note") notes.push(step.value.text);
    const { posterior, attempted, log } = step.value;
    expect(log.slice(0, 2)).toEqual(notes);
    expect(attempted).toBe(1200);
    expect(notes).toHaveLength(2);
    expect(notes[0]).toMatch(/^Round 2 of 3: simulating in [\d.e+]+ % of the prior\.$/);
    expect(nearby(seen.slice(0, 400))).toBeLessThan(0.1);
    expect(nearby(seen.slice(800))).toBeGreaterThan(0.15);
    expectAround(posterior.given(observation).sample(createKey(2), [2000]), 2.5);
    posterior.dispose();
  });

  it.runIf(DEEP)("snle and snre simulate at draws of the posterior", { timeout: 120_000 }, async () => {
    const settings = { key: createKey(3), rounds: 2 } as const;
    const first = simulatorThatCounts();
    const { likelihood, posterior } = await fitSnle(
      { prior: prior(), simulator: first.simulator, simulations: 800, observation },
      { ...settings, density: "nsf", training: { maxEpochs: 20 } },
    );
    expect(nearby(first.seen.slice(400))).toBeGreaterThan(0.9);
    expectAround(posterior.given(observation).draw(createKey(4), 1000).draws, 1.6);
    likelihood.dispose();
    const second = simulatorThatCounts();
    const { ratio } = await fitSnre(
      { prior: prior(), simulator: second.simulator, simulations: 800, observation },
      { ...settings, training: { maxEpochs: 20 } },
    );
    expect(nearby(second.seen.slice(400))).toBeGreaterThan(0.7);
    ratio.dispose();
  });

  it("refuses more rounds than simulations, a bad epsilon and an observation that is not finite", async () => {
    const { simulator } = simulatorThatCounts();
    const problem = { prior: prior(), simulator, simulations: 5, observation };
    await expect(fitSnle(problem, { key: createKey(0) })).rejects.toThrow(
      "fitSnle: expected rounds to be an integer from 1 to the number of simulations, got 10 rounds of 5 simulations.",
    );
    expect(() => fitTsnpeEvents(problem, { key: createKey(0), epsilon: 1 })).toThrow(
      "expected epsilon between 0 and 1",
    );
    const events = fitTsnpeEvents({ ...problem, observation: [Number.NaN, 0] }, { key: createKey(0), rounds: 1 });
    await expect(events.next()).rejects.toThrow("expected an observation of finite numbers, got NaN at index 0");
  });
});

describe("densities of posteriors", () => {
  beforeAll(() => useBackend("wasm"));

  it.runIf(DEEP)(
    "flow matching learns a posterior, whose mode and evidence are those of the exact one",
    {
      timeout: 120_000,
    },
    async () => {
      const gaussian = new MultivariateNormal({
        mean: [0, 0],
        covariance: [
          [1, 0],
          [0, 1],
        ],
      });
      const simulator: RowSimulator = (theta, key) => {
        const noise = key.normal(2);
        return Array.from(theta, (value, i) => value + 0.5 * (noise[i] as number));
      };
      const problem = { prior: gaussian, simulator, simulations: 1500 };
      const { posterior, validationLoss } = await fitNpe(problem, {
        key: createKey(5),
        density: "flow-matching",
        training: { maxEpochs: 40 },
      });
      // The posterior is N(x/1.25, 0.2 I).
      expect(validationLoss).toBeLessThan(Math.log(2 * Math.PI * 0.2) + 1 + 0.12);
      const x = [1, -0.5];
      const at = posterior.given(x);
      const { value } = mapEstimate(at, { key: createKey(6), draws: 100, starts: 4, steps: 40 });
      expect(Math.abs((value[0] as number) - 0.8)).toBeLessThan(0.2);
      expect(Math.abs((value[1] as number) + 0.4)).toBeLessThan(0.2);
      const { likelihood } = await fitNle(problem, { key: createKey(7), density: "maf", training: { maxEpochs: 30 } });
      // x ~ N(0, 1.25 I).
      const exact = -Math.log(2 * Math.PI * 1.25) - (1 + 0.25) / 2.5;
      const parts = { prior: gaussian, likelihood };
      const byPrior = logEvidence(parts, x, { key: createKey(8), draws: 4000 });
      const byPosterior = logEvidence({ ...parts, proposal: at }, x, { key: createKey(9), draws: 500 });
      expect(Math.abs(byPrior.logEvidence - exact)).toBeLessThan(0.2);
      expect(Math.abs(byPosterior.logEvidence - byPrior.logEvidence)).toBeLessThan(0.15);
      expect(byPosterior.effectiveSampleSize / 500).toBeGreaterThan(2 * (byPrior.effectiveSampleSize / 4000));
      posterior.dispose();
      likelihood.dispose();
    },
  );

  it("the mode of a bounded density lies within its bounds; too few draws are told", () => {
    const { value, logProb } = mapEstimate(new Uniform({ low: [0], high: [2] }), { key: createKey(0), steps: 5 });
    expect(value[0]).toBeGreaterThan(0);
    expect(value[0]).toBeLessThan(2);
    expect(logProb).toBeCloseTo(-Math.log(2), 5);
    expect(() => mapEstimate(prior(), { key: createKey(0), draws: 2 })).toThrow("no more starts than draws");
  });
});
