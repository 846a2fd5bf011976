import * as tf from "@tensorflow/tfjs-core";
import { createKey, Flow, ndArray, parameterCount, StandardNormal, useBackend } from "pushforward";
import { beforeAll, describe, expect, test } from "vitest";
import { DEEP } from "../../packages/testing/test/deep.ts";
import { bentLine } from "./bent-line.ts";
import type { Rows } from "./compare.ts";
import { logLikelihood, simulate, statistics, times } from "./lotka-volterra.ts";
import { OriginalAffine } from "./original-affine.ts";
import { trainAsOriginal } from "./original-loop.ts";
import { originalMaf, originalNsf, originalSpline } from "./original-models.ts";
import { exactSpread, simulatePrior } from "./populations-inference.ts";

const key = createKey(20261125);

beforeAll(() => useBackend("wasm"));

test("the models have as many parameters as those of the notebooks", () => {
  const counts = [
    originalMaf({ features: 2, hidden: 50, key }),
    originalNsf({ features: 2, hidden: 50, key }),
    originalNsf({ features: 2, hidden: 47, key }),
    originalMaf({ features: 2, context: 1, hidden: 52, key }),
    originalNsf({ features: 2, context: 1, hidden: 50, bins: 8, key }),
    originalMaf({ features: 1, context: 1, hidden: 50, key }),
    originalSpline({ features: 1, context: 1, key }),
    originalMaf({ features: 2, context: 9, hidden: 50, key }),
  ].map((model) => {
    using owned = model;
    return parameterCount(owned.parameters());
  });
  expect(counts).toEqual([52_770, 58_925, 52_580, 58_520, 58_645, 53_510, 4_129, 60_270]);
});

describe("the loop of the original", () => {
  const x = ndArray(
    [40, 1],
    Float64Array.from(key.normal(40), (z) => 5 + 0.2 * z),
  );
  const options = { key, epochs: 60, batchSize: 10, learningRate: 0.03 };

  test("to Adam, a sum is as good as a mean", async () => {
    const learn = async (sum: boolean): Promise<number[]> => {
      using flow = new Flow(new StandardNormal({ features: 1 }), new OriginalAffine(1));
      await trainAsOriginal(flow, x, { ...options, sum });
      return Array.from(flow.parameters().values(), (parameter) => parameter.read()[0] as number);
    };
    const [sums, means] = [await learn(true), await learn(false)];
    for (const [i, value] of sums.entries()) expect(value).toBeCloseTo(means[i] as number, 4);
  });

  test("its scale may fall to zero, and then there is no density", () => {
    using transform = new OriginalAffine(1);
    transform.parameters().get("scale")?.write([0]);
    expect(() => tf.tidy(() => transform.inverseAndLogDet(tf.tensor2d([[1]])))).toThrow("expected a positive scale");
  });

  test("without validation there is no best loss, and all epochs run", async () => {
    using flow = new Flow(new StandardNormal({ features: 1 }), new OriginalAffine(1));
    const result = await trainAsOriginal(flow, x, { ...options, epochs: 3 });
    expect(result.validation).toBeNaN();
    expect(result.lastEpoch).toBe(2);
  });
});

describe("the one-parameter simulator", () => {
  test("its posterior integrates to 1 and has both modes of the notebook at x = 0.6", () => {
    const theta = Float64Array.from({ length: 4000 }, (_, i) => (i + 0.5) / 4000);
    const x = ndArray([4000, 1], new Float64Array(4000).fill(0.6));
    const density = bentLine.logProb(ndArray([4000, 1], theta), x).map(Math.exp);
    expect(density.reduce((sum, value) => sum + value / 4000, 0)).toBeCloseTo(1, 5);
    const modes = theta.filter((_, i) => {
      const [before = 0, here = 0, after = 0] = [density[i - 1], density[i], density[i + 1]];
      return here > 0.5 && here > before && here >= after;
    });
    expect(modes[0]).toBeCloseTo(0.37, 1);
    expect(modes.at(-1)).toBeCloseTo(0.85, 1);
  });

  test.runIf(DEEP)("the mean of −log p(θ | x) is the entropy", () => {
    const { x, context = x } = bentLine.sample(key, 20_000) as Rows;
    const logProb = bentLine.logProb(x, context);
    expect(-logProb.reduce((sum, value) => sum + value / 20_000, 0)).toBeCloseTo(bentLine.entropy, 1);
  });
});

describe("predators and prey", () => {
  test("without noise they go in circles, as the conserved quantity says", () => {
    const silent = { ...key, normal: (count: number) => new Float32Array(count) };
    const { rabbits, foxes } = simulate([1, 0.1], silent);
    // V = d b u − c ln u + b v − a ln v.
    const conserved = (n: number): number => {
      const [u, v] = [rabbits[n] as number, foxes[n] as number];
      return 0.075 * u - 1.5 * Math.log(u) + 0.1 * v - Math.log(v);
    };
    expect(Math.abs(conserved(999) - conserved(0))).toBeLessThan(2e-3);
  });

  test("the statistics are those of NumPy for the same path", () => {
    // rabbits = 10 + sin t, foxes = 5 + cos 2t; np.mean, np.var, np.correlate(·, ·, "full")[100], [200], np.correlate.
    const path = { rabbits: times.map((t) => 10 + Math.sin(t)), foxes: times.map((t) => 5 + Math.cos(2 * t)) };
    const expected = [
      10.1175181570965, 4.967678145231426, 0.502350410136929, 0.49643040887374446, 11690.450206431933,
      22581.462488070596, 2209.491617871065, 5013.926985745132, 50211.09392011146,
    ];
    for (const [i, value] of statistics(path).entries()) {
      expect(Math.abs(value / (expected[i] as number) - 1)).toBeLessThan(1e-9);
    }
  });

  test("corrected statistics do not change with the level of a species, but for its mean", () => {
    const { rabbits, foxes } = simulate([1, 0.1], key);
    const [a, b] = [
      statistics({ rabbits, foxes }, true),
      statistics({ rabbits: rabbits.map((u) => u + 7), foxes }, true),
    ];
    expect((b[0] as number) - (a[0] as number)).toBeCloseTo(7, 9);
    for (const i of [1, 2, 3, 4, 5, 6, 7, 8]) expect(b[i]).toBeCloseTo(a[i] as number, 9);
    for (const i of [4, 5, 6, 7, 8]) expect(Math.abs(a[i] as number)).toBeLessThanOrEqual(1);
  });

  test("simulations that explode are dropped and counted", () => {
    const { theta, dropped, asWritten } = simulatePrior(key, 200);
    expect((theta.shape[0] as number) + dropped).toBe(200);
    expect(dropped).toBeGreaterThan(0);
    expect(asWritten.data.every((value) => Math.abs(value) <= 1e6)).toBe(true);
  });

  test("the whole path tells the rates to a few per cent", () => {
    const path = simulate([1, 0.1], key);
    const [a, b] = exactSpread(path);
    expect(a).toBeGreaterThan(0.002);
    expect(a).toBeLessThan(0.08);
    expect(b).toBeLessThan(0.008);
    expect(logLikelihood(path, [1, 0.1])).toBeGreaterThan(logLikelihood(path, [1.3, 0.1]));
  });
});
