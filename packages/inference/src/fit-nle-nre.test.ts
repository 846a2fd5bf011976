import { useBackend } from "@pushforward/backend";
import { createKey, OptionError } from "@pushforward/core";
import { MultivariateNormal, Uniform } from "@pushforward/distributions";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { DEEP } from "../../testing/test/deep.ts";
import { fitNle, fitNleEvents } from "./fit-npe-nle.ts";
import { fitNre } from "./fit-nre.ts";
import type { McmcPosterior } from "./mcmc-posterior.ts";
import type { RowSimulator } from "./simulator.ts";

/** x ~ N(θ, 0.3² I), θ ~ N(0, I): the posterior of x is N(x/1.09, 0.09/1.09 I). */
const prior = (): MultivariateNormal =>
  new MultivariateNormal({
    mean: [0, 0],
    covariance: [
      [1, 0],
      [0, 1],
    ],
  });
const simulator: RowSimulator = ([a = 0, b = 0], key) => {
  const [z = 0, w = 0] = key.normal(2);
  return [a + 0.3 * z, b + 0.3 * w];
};
const problem = { prior: prior(), simulator, simulations: DEEP ? 2000 : 1000 };
const x = [0.8, -0.4] as const;

function expectPosterior(posterior: McmcPosterior): void {
  const { draws, rHat } = posterior.given([...x]).draw(createKey(5), 1000);
  const sd = 0.3 / Math.sqrt(1.09);
  for (const j of [0, 1] as const) {
    const values = Array.from(draws.data).filter((_, i) => i % 2 === j);
    const mean = values.reduce((a, b) => a + b, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
    expect(Math.abs(mean - x[j] / 1.09)).toBeLessThan(0.35 * sd);
    expect(Math.sqrt(variance) / sd).toBeGreaterThan(0.75);
    expect(Math.sqrt(variance) / sd).toBeLessThan(1.3);
    expect(rHat[j]).toBeLessThan(1.1);
  }
}

describe("nle and nre", () => {
  beforeAll(() => useBackend("wasm"));

  it("nle finds the posterior of a linear Gaussian, and the likelihood itself", { timeout: 120_000 }, async () => {
    const { likelihood, posterior, validationLoss } = await fitNle(problem, {
      key: createKey(1),
      auto: { quality: "fast", maxEpochs: 6, ...(!DEEP && { transforms: 1, hidden: [16] }) },
    });
    // The entropy of the noise.
    expect(Math.abs(validationLoss - (Math.log(2 * Math.PI * 0.09) + 1))).toBeLessThan(0.25);
    expectPosterior(posterior);
    likelihood.dispose();
  });

  it.each(DEEP ? [10, 2] : [2])(
    "nre among %d finds the posterior of a linear Gaussian",
    { timeout: 120_000 },
    async (atoms) => {
      const { ratio, posterior, validationLoss, log } = await fitNre(problem, {
        key: createKey(2),
        atoms,
        training: { maxEpochs: 12 },
      });
      // Of a classifier that knows nothing.
      expect(validationLoss).toBeLessThan(0.7 * (atoms > 2 ? Math.log(atoms) : 2 * Math.LN2));
      expectPosterior(posterior);
      expect(log).toEqual([]);
      const logRatio = tf.tidy(() => ratio.logRatio([[[0.7, -0.4]], [[-2, 2]]], [...x]).dataSync());
      expect(logRatio[0] as number).toBeGreaterThan((logRatio[1] as number) + 5);
      ratio.dispose();
    },
  );

  it("are the same for the same key, and leave nothing behind", async () => {
    const small = { prior: new Uniform({ low: [-1, 0], high: [1, 1] }), simulator, simulations: 150 };
    const run = async (): Promise<number[]> => {
      const a = await fitNle(small, { key: createKey(3), density: "maf", training: { maxEpochs: 2 } });
      const b = await fitNre(small, { key: createKey(3), training: { maxEpochs: 2 } });
      const values = tf.tidy(() => [
        ...a.posterior
          .given([0.1, 0.2])
          .unnormalizedLogProb([[0.3, 0.4]])
          .dataSync(),
        ...b.posterior
          .given([0.1, 0.2])
          .unnormalizedLogProb([[0.3, 0.4]])
          .dataSync(),
      ]);
      a.likelihood.dispose();
      b.ratio.dispose();
      for await (const event of fitNleEvents(small, { key: createKey(4), density: "maf" })) {
        if (event.type === "training") break;
      }
      return values;
    };
    const first = await run();
    const before = tf.memory().numTensors;
    expect(await run()).toEqual(first);
    expect(tf.memory().numTensors).toBe(before);
  });

  it("nre refuses one atom", async () => {
    await expect(fitNre(problem, { key: createKey(0), atoms: 1 })).rejects.toThrow(OptionError);
  });
});
