import { useBackend } from "@pushforward/backend";
import { Mlp } from "@pushforward/conditioners";
import { createKey, DataError, ndArray, OptionError } from "@pushforward/core";
import {
  type ConditionalMixture,
  MultivariateNormal,
  type MultivariateStudentT,
  Uniform,
} from "@pushforward/distributions";
import { ConditionalFlow, logProbRows, nsf } from "@pushforward/flows";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { BACKENDS, DEEP } from "../../testing/test/deep.ts";
import { fitNpe, fitNpeEvents } from "./fit-npe-nle.ts";
import type { InferenceProblem } from "./inference-problem.ts";
import { simulate } from "./simulate.ts";
import { type RowSimulator, SimulationError } from "./simulator.ts";

/** x = Aθ + e, θ ~ N(0, I), e ~ N(0, s²I): the posterior is N(Σ Aᵀx/s², Σ) with Σ = (I + AᵀA/s²)⁻¹. */
const A = [
  [1, 0.5],
  [-0.3, 0.8],
  [0.2, 0.1],
] as const;
const NOISE = 0.6;
const linear: RowSimulator = ([a = 0, b = 0], key) => {
  const noise = key.normal(3);
  return A.map(([p, q], i) => p * a + q * b + NOISE * (noise[i] as number));
};
const gaussianPrior = (): MultivariateNormal =>
  new MultivariateNormal({
    mean: [0, 0],
    covariance: [
      [1, 0],
      [0, 1],
    ],
  });

function exactPosterior(x: readonly number[]): { mean: [number, number]; covariance: [number, number, number] } {
  let [p11, p12, p22, b1, b2] = [1, 0, 1, 0, 0];
  for (const [i, [u, v]] of A.entries()) {
    p11 += (u * u) / NOISE ** 2;
    p12 += (u * v) / NOISE ** 2;
    p22 += (v * v) / NOISE ** 2;
    b1 += (u * (x[i] as number)) / NOISE ** 2;
    b2 += (v * (x[i] as number)) / NOISE ** 2;
  }
  const det = p11 * p22 - p12 ** 2;
  const covariance: [number, number, number] = [p22 / det, -p12 / det, p11 / det];
  const [s11, s12, s22] = covariance;
  return { mean: [s11 * b1 + s12 * b2, s12 * b1 + s22 * b2], covariance };
}

function exactLogDensity(
  theta: Float32Array,
  { mean, covariance: [s11, s12, s22] }: ReturnType<typeof exactPosterior>,
): Float64Array {
  const det = s11 * s22 - s12 ** 2;
  return Float64Array.from({ length: theta.length / 2 }, (_, i) => {
    const [a, b] = [(theta[2 * i] as number) - mean[0], (theta[2 * i + 1] as number) - mean[1]];
    return -Math.log(2 * Math.PI) - 0.5 * Math.log(det) - (s22 * a * a - 2 * s12 * a * b + s11 * b * b) / (2 * det);
  });
}

const box = (): Uniform => new Uniform({ low: [0, -1], high: [1, 1] });
const noisy: RowSimulator = ([a = 0, b = 0], key) => {
  const [z = 0, w = 0] = key.normal(2);
  return [a + 0.3 * z, b * b + 0.2 * w];
};
/** Short: a few epochs are enough for what is looked at. */
const quick = { density: "nsf", training: { maxEpochs: 3 } } as const;

describe.each(BACKENDS)("npe on %s", (backend) => {
  beforeAll(() => useBackend(backend));

  it("takes the rows that were simulated, refuses NaN, and names what lies outside the simulations", async () => {
    const simulations = await simulate({ prior: box(), simulator: noisy, simulations: 200 }, { key: createKey(5) });
    const { posterior, outside } = await fitNpe({ prior: box(), simulations }, { key: createKey(1), ...quick });
    const samples = posterior.given(simulations.data).sample(createKey(2));
    expect(samples.shape).toEqual([200, 2]);
    const logProb = posterior.given(simulations.data).logProb(simulations.parameters);
    expect(logProb.shape).toEqual([200]);
    tf.dispose([samples, logProb]);
    expect(() => posterior.given([Number.NaN, 0])).toThrow(
      new DataError("ConditionalFlow.given: expected a context of finite numbers, got NaN at index 0."),
    );
    expect(outside([0.5, 0.2])).toEqual([]);
    const [far, ...others] = outside([0.5, 40]);
    expect(others).toEqual([]);
    expect(far).toMatchObject({ column: 1, value: 40 });
    expect(far?.high).toBeLessThan(3);
    posterior.dispose();
  });

  it("says what is missing", async () => {
    const key = createKey(1);
    const fails = (problem: object): Promise<unknown> => fitNpe(problem as InferenceProblem, { key });
    await expect(fails({ prior: box(), simulations: 10 })).rejects.toThrow(
      "fitNpe: expected a simulator, or a table of simulations { parameters, data }, got neither.",
    );
    await expect(fails({ simulator: noisy, simulations: 10 })).rejects.toThrow("fitNpe: expected a prior, got none.");
    await expect(fails({ prior: box(), simulator: "noisy", simulations: 10 })).rejects.toThrow(
      "simulate: expected simulator to be a function (parameters, key) => numbers, or { batch(parameters, key) }, got string.",
    );
  });

  it("finds the posterior of a linear Gaussian", { timeout: 240_000 }, async () => {
    const result = await fitNpe(
      { prior: gaussianPrior(), simulator: linear, simulations: 2000 },
      { key: createKey(1), auto: { quality: "fast", maxEpochs: 8, hidden: [32, 32] } },
    );
    expect(result.reason).toBe("completed");
    expect([result.attempted, result.dropped.length]).toEqual([2000, 0]);
    // Not the defensive component of `fitAuto`, a Cauchy: a posterior would have no mean.
    const defensive = (result.posterior.base as ConditionalMixture).components.at(-1) as MultivariateStudentT;
    expect(defensive.degreesOfFreedom).toBe(5);
    for (const x of [
      [0, 0, 0],
      [1, -0.7, 0.4],
      [-1.4, 0.2, 0.9],
    ]) {
      const exact = exactPosterior(x);
      const given = result.posterior.given(x);
      const [draws, logProb] = tf.tidy(() => given.sampleAndLogProb(createKey(2), [4000]).map((t) => t.dataSync())) as [
        Float32Array,
        Float32Array,
      ];
      // KL(q ‖ p) = E_q[log q − log p], the mean over draws of q.
      const exactLog = exactLogDensity(draws, exact);
      const kl = logProb.reduce((sum, value, i) => sum + value - (exactLog[i] as number), 0) / 4000;
      expect(kl).toBeGreaterThan(-0.01);
      expect(kl).toBeLessThan(0.03);
      for (const j of [0, 1] as const) {
        let [mean, square] = [0, 0];
        for (let i = j; i < draws.length; i += 2) mean += (draws[i] as number) / 4000;
        for (let i = j; i < draws.length; i += 2) square += ((draws[i] as number) - mean) ** 2 / 4000;
        const variance = exact.covariance[j === 0 ? 0 : 2];
        expect(Math.abs(mean - exact.mean[j])).toBeLessThan(0.15 * Math.sqrt(variance));
        expect(Math.abs(square / variance - 1)).toBeLessThan(0.15);
      }
    }
    result.posterior.dispose();
  });

  it.runIf(DEEP)("gives a bounded loss where a network extrapolates", { timeout: 120_000 }, async () => {
    const problem = { prior: box(), simulator: noisy, simulations: 300 };
    const short = { key: createKey(8), density: "maf", training: { maxEpochs: 30 } } as const;
    const far = ndArray([3, 2], Float64Array.of(0.5, 1, 40, -1e3, 1e6, 1e6));
    const theta = ndArray([3, 2], Float64Array.of(0.5, 0.9, 0.1, -0.9, 0.9, 0.2));
    const losses = async (defensiveWeight?: number) => {
      const { posterior } = await fitNpe(problem, { ...short, defensiveWeight });
      const logProb = logProbRows(posterior, theta, far);
      expect(posterior.given([0.5, 1]).support).toBeDefined();
      posterior.dispose();
      return logProb.map((value) => -value);
    };
    const [guarded, alone] = [await losses(), await losses(0)];
    // −ln 1e-6 is 13.8, and the prior is uniform with −ln ½.
    expect(Math.max(...guarded)).toBeLessThan(17);
    expect(Math.max(...alone)).toBeGreaterThan(100);
    expect(Math.abs((guarded[0] as number) - (alone[0] as number))).toBeLessThan(0.01);
  });

  it("gives no mass to what a bounded prior excludes", async () => {
    const { posterior } = await fitNpe(
      { prior: box(), simulator: noisy, simulations: 500 },
      {
        key: createKey(3),
        density: (sizes) => nsf({ ...sizes, hidden: [16, 16], transforms: 2 }),
        training: { maxEpochs: 30 },
      },
    );
    const given = posterior.given([0.9, 0.95]);
    const draws = tf.tidy(() => given.sample(createKey(4), [100_000]).dataSync());
    let outside = 0;
    for (let i = 0; i < draws.length; i += 2) {
      const [a, b] = [draws[i] as number, draws[i + 1] as number];
      if (!(a >= 0 && a <= 1 && b >= -1 && b <= 1)) outside++;
    }
    expect(outside).toBe(0);
    const points = [
      [-0.01, 0],
      [0.5, 1.01],
      [1.5, 0],
      [0, -1],
      [1, 1],
    ];
    const edges = tf.tidy(() => given.logProb(points).dataSync());
    expect(Array.from(edges.slice(0, 3))).toEqual(Array(3).fill(Number.NEGATIVE_INFINITY));
    expect(edges.slice(3).every((value) => Number.isFinite(value))).toBe(true);
    // The midpoint rule in s with x = low + (high − low)·σ(s), whose points crowd near the ends.
    const n = 300;
    const step = 30 / n;
    const at = (cell: number): number => 1 / (1 + Math.exp(15 - step * (cell + 0.5)));
    const grid = new Float32Array(2 * n * n);
    const areas = new Float64Array(n * n);
    for (let cell = 0; cell < n * n; cell++) {
      const [p, q] = [at(cell % n), at(Math.floor(cell / n))];
      grid.set([p, -1 + 2 * q], 2 * cell);
      areas[cell] = 2 * step * step * p * (1 - p) * q * (1 - q);
    }
    const density = tf.tidy(() => given.logProb(tf.tensor2d(grid, [n * n, 2])).dataSync() as Float32Array);
    const mass = areas.reduce((sum, area, i) => sum + area * Math.exp(density[i] as number), 0);
    expect(Math.abs(mass - 1)).toBeLessThan(5e-3);
    expect(given.support).toBeDefined();
    posterior.dispose();
  });

  it("leaks no tensors, not even when it is aborted or left", async () => {
    const problem = { prior: box(), simulator: noisy, simulations: 120 };
    const run = async (): Promise<void> => {
      const { posterior } = await fitNpe(problem, { key: createKey(5), ...quick });
      tf.tidy(() => void posterior.given([0.5, 0.5]).sample(createKey(1), [3]));
      posterior.dispose();
      for await (const event of fitNpeEvents(problem, { key: createKey(6), ...quick })) {
        if (event.type === "training" && event.event.type === "step") break;
      }
      const abort = new AbortController();
      abort.abort();
      await expect(fitNpe(problem, { key: createKey(7), signal: abort.signal })).rejects.toThrow();
    };
    await run();
    const before = tf.memory().numTensors;
    await run();
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe("fitNpe", () => {
  beforeAll(() => useBackend("wasm"));

  it("is a flow whose bits depend on the key alone, in whatever order simulators finish", async () => {
    const bits = async (simulator: RowSimulator, seed: number): Promise<number[]> => {
      const { posterior } = await fitNpe(
        { prior: box(), simulator, simulations: 200 },
        { key: createKey(seed), ...quick },
      );
      const values = tf.tidy(() => posterior.given([0.4, 0.3]).sample(createKey(9), [50]).dataSync());
      posterior.dispose();
      return Array.from(values);
    };
    let call = 0;
    const slow: RowSimulator = async (theta, key) => {
      const delay = (call++ * 7) % 5;
      await new Promise((resolve) => setTimeout(resolve, delay));
      return noisy(theta, key);
    };
    const first = await bits(noisy, 11);
    expect(await bits(slow, 11)).toEqual(first);
    expect(await bits(noisy, 12)).not.toEqual(first);
  });

  it("takes simulations that are there already, and drops what is impossible", async () => {
    const n = 100;
    const [thetaKey, dataKey] = createKey(13).split();
    const parameters = ndArray(
      [n, 2],
      Float64Array.from(thetaKey.uniform(2 * n), (u, i) => (i % 2 === 0 ? u : 2 * u - 1)),
    );
    const data = ndArray([n, 2], Float64Array.from(dataKey.normal(2 * n)));
    parameters.data[2] = 1.5;
    data.data[9] = Number.NaN;
    const result = await fitNpe({ prior: box(), simulations: { parameters, data } }, { key: createKey(14), ...quick });
    expect(result.attempted).toBe(n);
    expect(result.dropped).toEqual([
      { reason: "parameters outside the support of the prior", count: 1, first: 1 },
      { reason: "data that are not finite", count: 1, first: 4 },
    ]);
    expect(result.trainRows + result.validationRows).toBe(n - 2);
    expect(result.log.some((text) => text.includes("Dropped 2 of 100 simulations"))).toBe(true);
    result.posterior.dispose();
  });

  it("takes densities and embeddings of one's own", async () => {
    const made: string[] = [];
    const result = await fitNpe(
      { prior: box(), simulator: noisy, simulations: 150 },
      {
        key: createKey(15),
        training: { maxEpochs: 3 },
        embedding: ({ inputSize, key }) => new Mlp({ inputSize, outputSize: 3, hidden: [8], key }),
        density: (sizes) => {
          made.push(`${sizes.features} given ${sizes.context}`);
          return nsf({ ...sizes, hidden: [8] });
        },
      },
    );
    expect(made).toEqual(["2 given 3"]);
    expect(result.posterior).toBeInstanceOf(ConditionalFlow);
    expect(result.posterior.contextShape).toEqual([2]);
    expect(Array.from(result.posterior.parameters().keys()).some((path) => path.includes("embedding"))).toBe(true);
    const [plan, tape] = await Promise.all(
      ([(x: tf.Tensor) => x, (x: tf.Tensor) => tf.add(x, 0)] as const).map(async (f) =>
        tf.tidy(() =>
          result.posterior
            .given([[0.1, 0.2]])
            .logProb(f(tf.tensor2d([[0.5, 0.5]])))
            .dataSync(),
        ),
      ),
    );
    expect(plan).toEqual(tape);
    result.posterior.dispose();
  });

  it("refuses what can't be meant", async () => {
    const problem = { prior: box(), simulator: noisy, simulations: 100 };
    await expect(fitNpe(problem, { key: createKey(0), density: "glow" as never })).rejects.toThrow(
      'fitNpe: expected density to be "auto", "nsf", "maf", "flow-matching" or a function, got "glow".',
    );
    await expect(fitNpe(problem, { key: createKey(0), defensiveWeight: 1 })).rejects.toThrow(
      "fitNpe: expected defensiveWeight from 0 to below 1, got 1.",
    );
    await expect(fitNpe({ ...problem, simulations: 0 }, { key: createKey(0) })).rejects.toThrow(OptionError);
    await expect(fitNpe({ ...problem, simulator: () => [Number.NaN] }, { key: createKey(0) })).rejects.toThrow(
      SimulationError,
    );
  });

  it("stops when told to, with what it has", async () => {
    const abort = new AbortController();
    const events = fitNpeEvents(
      { prior: box(), simulator: noisy, simulations: 300 },
      { key: createKey(16), density: "nsf", signal: abort.signal },
    );
    let steps = 0;
    for (;;) {
      const next = await events.next();
      if (next.done) {
        expect(next.value.reason).toBe("aborted");
        expect(steps).toBeLessThan(60);
        next.value.posterior.dispose();
        break;
      }
      if (next.value.type === "training" && next.value.event.type === "step" && ++steps === 20) abort.abort();
    }
  });
});
