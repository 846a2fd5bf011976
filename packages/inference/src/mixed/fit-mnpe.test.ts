import { useBackend } from "@pushforward/backend";
import { conditionersCodecs } from "@pushforward/conditioners/extend";
import { createKey, DataError, OptionError } from "@pushforward/core";
import { posteriorDraws, simulationBasedCalibration } from "@pushforward/diagnostics";
import { Bernoulli, Categorical, joint, StandardNormal, Uniform } from "@pushforward/distributions";
import { distributionsCodecs } from "@pushforward/distributions/extend";
import { distributionNetwork, maf } from "@pushforward/flows";
import { flowsCodecs } from "@pushforward/flows/extend";
import { decodeModel, encodeModel } from "@pushforward/serialization";
import { createRegistry } from "@pushforward/serialization/extend";
import { distributionLaws } from "@pushforward/testing";
import { transformsCodecs } from "@pushforward/transforms/extend";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { DEEP } from "../../../testing/test/deep.ts";
import { inferenceCodecs } from "../codecs.ts";
import { fitNle, fitNpe } from "../fit-npe-nle.ts";
import { mapEstimate } from "../map-estimate.ts";
import { simulate } from "../simulate.ts";
import type { RowSimulator } from "../simulator.ts";
import { fitMnpe } from "./fit-mnpe.ts";
import { MixedPosterior } from "./mixed-posterior.ts";

/** Codes by their probabilities, θ ~ N(0, 1), x = θ + SHIFTS[c] + SDS[c] e. */
const PROBS = [0.3, 0.5, 0.2];
const SHIFTS = [-1.5, 1, 3];
const SDS = [0.5, 1, 0.3];
const mixture = () => joint([new Categorical({ probs: [PROBS] }), new StandardNormal({ features: 1 })]);
const shifted: RowSimulator = ([code = 0, theta = 0], key) => {
  const [noise = 0] = key.normal(1);
  return [theta + (SHIFTS[code] as number) + (SDS[code] as number) * noise];
};

/** Probabilities of the codes by Bayes' rule, and mean and variance of θ for each. */
function exact(x: number): { probs: number[]; means: number[]; variances: number[] } {
  const variances = SDS.map((sd) => sd ** 2 / (1 + sd ** 2));
  const means = SHIFTS.map((shift, c) => (x - shift) / (1 + (SDS[c] as number) ** 2));
  const joint = PROBS.map((prob, c) => {
    const variance = 1 + (SDS[c] as number) ** 2;
    return (prob * Math.exp(-0.5 * ((x - (SHIFTS[c] as number)) ** 2 / variance))) / Math.sqrt(variance);
  });
  const total = joint.reduce((a, b) => a + b);
  return { probs: joint.map((value) => value / total), means, variances };
}

const bounded = () =>
  joint([
    new Uniform({ low: [0], high: [2] }),
    new Bernoulli({ probs: [0.4] }),
    new StandardNormal({ features: 1 }),
    new Categorical({ probs: [[1, 1, 1]] }),
  ]);
const mixedUp: RowSimulator = ([a = 0, sign = 0, b = 0, code = 0], key) => {
  const [z = 0, w = 0] = key.normal(2);
  return [a + code + 0.3 * z, (2 * sign - 1) * b + 0.2 * w];
};

const registry = createRegistry(
  ...distributionsCodecs,
  ...transformsCodecs,
  ...conditionersCodecs,
  ...flowsCodecs,
  ...inferenceCodecs,
);

// On one backend, for its time: what the other one computes is the same by the laws below.
describe("fitMnpe", () => {
  beforeAll(() => useBackend("wasm"));

  it.runIf(DEEP)(
    "finds the probabilities of Bayes' rule, and the numbers given the codes",
    async () => {
      const problem = { prior: mixture(), simulator: shifted, simulations: 4000 };
      const options = { density: "maf", training: { maxEpochs: 15, batchSize: 128 } } as const;
      const { posterior, log, attempted } = await fitMnpe(problem, { key: createKey(1), ...options });
      expect(attempted).toBe(4000);
      expect(log).toEqual([]);
      const observations = [-2, -0.5, 1, 2, 3.5];
      const count = 4000;
      const draws = tf.tidy(() =>
        posterior
          .given(observations.map((x) => [x]))
          .sample(createKey(2), [count])
          .dataSync(),
      );
      for (const [i, x] of observations.entries()) {
        const { probs, means, variances } = exact(x);
        const sums = PROBS.map(() => ({ n: 0, sum: 0 }));
        for (let j = 0; j < count; j++) {
          const at = 2 * (j * observations.length + i);
          const of = sums[draws[at] as number] as { n: number; sum: number };
          of.n++;
          of.sum += draws[at + 1] as number;
        }
        for (const [code, { n, sum }] of sums.entries()) {
          expect(Math.abs(n / count - (probs[code] as number)), `P(${code} | ${x})`).toBeLessThan(0.05);
          if (n > 400) {
            expect(Math.abs(sum / n - (means[code] as number)), `E(θ | ${x}, ${code})`).toBeLessThan(0.15);
          }
          if ((probs[code] as number) < 0.1) continue;
          const logProb = tf.tidy(
            () =>
              posterior
                .given([x])
                .logProb([code, means[code] as number])
                .dataSync()[0],
          ) as number;
          const peak = Math.log(probs[code] as number) - 0.5 * Math.log(2 * Math.PI * (variances[code] as number));
          expect(Math.abs(logProb - peak), `log q(${code}, ${x})`).toBeLessThan(0.25);
        }
      }
      const fresh = await simulate({ ...problem, simulations: 200 }, { key: createKey(3) });
      const { draws: ranked } = await posteriorDraws(posterior, fresh.parameters, fresh.data, { key: createKey(4) });
      const { pValue } = simulationBasedCalibration(fresh.parameters, ranked, { key: createKey(5) });
      expect(pValue).toBeGreaterThan(1e-3);
      const outside = tf.tidy(() =>
        posterior
          .given([1])
          .logProb([
            [3, 0],
            [-1, 0],
            [0.5, 0],
          ])
          .dataSync(),
      );
      expect([...outside]).toEqual(Array.from({ length: 3 }, () => Number.NEGATIVE_INFINITY));
      posterior.dispose();
    },
    60_000,
  );
});

describe("a mixed posterior", () => {
  beforeAll(() => useBackend("cpu"));

  it("keeps the order of the parameters, their bounds, and its bits in a file", async () => {
    const problem = { prior: bounded(), simulator: mixedUp, simulations: 300 };
    const { posterior } = await fitMnpe(problem, { key: createKey(3), density: "maf", training: { maxEpochs: 2 } });
    expect(posterior.categories).toEqual([0, 2, 0, 3]);
    const observation = [1.5, 0.3];
    const draws = tf.tidy(() => posterior.given(observation).sample(createKey(4), [200]).arraySync() as number[][]);
    for (const [a = 0, sign = 0, , code = 0] of draws) {
      expect(a > 0 && a < 2 && [0, 1].includes(sign) && [0, 1, 2].includes(code)).toBe(true);
    }
    const loaded = decodeModel(encodeModel(posterior, registry), registry).model as MixedPosterior;
    const logProb = (of: MixedPosterior): number[] =>
      tf.tidy(() => [...of.given(observation).logProb(draws).dataSync()]);
    expect(logProb(loaded)).toEqual(logProb(posterior));
    // The densest point is searched for given codes that occur, and inside of the bounds.
    const { value, logProb: highest } = mapEstimate(posterior.given(observation), { key: createKey(5), steps: 50 });
    expect(highest).toBeGreaterThanOrEqual(Math.max(...logProb(posterior)) - 0.05);
    expect([0, 1].includes(value[1] as number) && [0, 1, 2].includes(value[3] as number)).toBe(true);
    expect((value[0] as number) >= 0 && (value[0] as number) <= 2).toBe(true);
    posterior.dispose();
    loaded.dispose();
  }, 30_000);

  it("errors", async () => {
    const key = createKey(6);
    const rows = {
      parameters: [
        [0, 0.5],
        [1, 0.2],
        [3, 0.1],
      ],
      data: [[0], [1], [2]],
    };
    await expect(fitMnpe({ prior: mixture(), simulations: rows }, { key })).rejects.toThrow(
      new DataError("fitMnpe: expected codes 0 to 2 in column 0 of the parameters, got 3 in row 2."),
    );
    const half = { parameters: [[0.5, 0.5]], data: [[0]] };
    await expect(fitMnpe({ prior: mixture(), simulations: half }, { key })).rejects.toThrow(
      new DataError("fitMnpe: expected codes 0 to 2 in column 0 of the parameters, got 0.5 in row 0."),
    );
    const numbers = new StandardNormal({ features: 2 });
    await expect(fitMnpe({ prior: numbers, simulator: shifted, simulations: 10 }, { key })).rejects.toThrow(
      new OptionError(
        "fitMnpe: expected a joint prior of categories (Categorical, Bernoulli) and numbers, got 0 categories among " +
          "2 parameters. Use npe.",
      ),
    );
    for (const [name, run] of Object.entries({ fitNpe, fitNle })) {
      await expect(run({ prior: mixture(), simulator: shifted, simulations: 10 }, { key })).rejects.toThrow(
        new OptionError(`${name}: expected a prior of numbers, got categories in column 0. Use mnpe.`),
      );
    }
    using density = maf({ features: 1, context: 4, hidden: [4], key });
    using codes = distributionNetwork({ categories: [2], context: 2, hidden: [4], key });
    expect(() => new MixedPosterior({ categories: [2, 2], codes: [codes], numbers: density })).toThrow(OptionError);
    expect(() => new MixedPosterior({ categories: [3, 0], codes: [codes], numbers: density })).toThrow(
      "MixedPosterior: expected part 0 to take a context of 1 numbers, the data and the codes before, got [2].",
    );
  });
});

describe("laws", () => {
  const theCase = {
    make: (key: ReturnType<typeof createKey>) => {
      const small = { hidden: [6], activation: "tanh" } as const;
      const codes = [
        distributionNetwork({ categories: [2], context: 1, key: key.fold(0), ...small }),
        distributionNetwork({ categories: [3], context: 3, key: key.fold(1), ...small }),
      ];
      const numbers = maf({ features: 1, context: 6, transforms: 1, key: key.fold(2), ...small });
      return new MixedPosterior({ categories: [2, 0, 3], codes, numbers });
    },
    integers: "of several features",
    outside: [
      [2, 0, 0],
      [0, 0, 0.5],
    ],
  } as const;
  for (const law of distributionLaws("MixedPosterior", theCase, { registry, points: 12 }))
    it(law.name, () => law.run());
});
