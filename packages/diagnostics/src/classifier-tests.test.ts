import { useBackend } from "@pushforward/backend";
import { createKey, DisposedError, type Key, type NdArray } from "@pushforward/core";
import { expectNoLeak } from "@pushforward/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { BACKENDS, DEEP } from "../../testing/test/deep.ts";
import { LinearGaussian, type Variant, variants } from "../test/linear-gaussian.ts";
import { c2st, type LocalC2st, localC2st, probabilityCurve } from "./index.ts";

const key = createKey("classifiers");
/** Pairs that a local test learns from. */
const ROWS = 1000;
// What tells the sets apart is learned in 20 epochs; by default the classifiers go on for hundreds, and learn noise.
const EPOCHS = 20;
const observations: Readonly<Record<number, readonly number[]>> = { 2: [0.4, -0.2], 5: [0.5, 0.1, -0.3, 0.2, 0.8] };

function normal(from: Key, n: number, columns: number): NdArray {
  return { shape: [n, columns], data: from.normal(n * columns) };
}

beforeAll(async () => {
  await useBackend("wasm");
});

describe.each(DEEP ? [2, 5] : [2])("%d dimensions", (size) => {
  const model = new LinearGaussian(size);
  const x = observations[size] as number[];

  test.each(DEEP ? variants : variants.slice(0, 2))("C2ST, %s", async (variant) => {
    const [exactKey, drawKey, testKey] = key.fold(size).fold(variant).split(3);
    const n = 800;
    const sets = [model.draw("exact", x, n, exactKey), model.draw(variant, x, n, drawKey)] as const;
    const { accuracy, folds, pValue, probabilities } = await c2st(...sets, { key: testKey, maxEpochs: EPOCHS });
    expect(folds).toHaveLength(5);
    expect(folds.reduce((sum, value) => sum + value, 0) / 5).toBeCloseTo(accuracy, 12);
    const right = probabilities.filter((p, i) => p > 0.5 === i >= n).length;
    expect(right / (2 * n)).toBeCloseTo(accuracy, 12);
    if (variant === "exact") {
      expect(Math.abs(accuracy - 0.5)).toBeLessThan(0.03);
      expect(pValue).toBeGreaterThan(1e-3);
    } else {
      expect(accuracy).toBeGreaterThan(0.55);
      expect(pValue).toBeLessThan(1e-3);
    }
  });
});

test("C2ST comes near the accuracy of the best rule", async () => {
  // N((0, 0), I) and N((1, 0), I): Φ(½) = 0.69146 (scipy.stats.norm.cdf).
  const [a, b] = key.fold("shift").split();
  const moved = normal(b, 1500, 2);
  const shifted = { ...moved, data: moved.data.map((v, i) => (i % 2 === 0 ? v + 1 : v)) };
  const { accuracy } = await c2st(normal(a, 1500, 2), shifted, { key });
  expect(Math.abs(accuracy - 0.69146)).toBeLessThan(0.02);
});

test("C2ST is the same for the same key, on tensors and arrays, and stops at a signal", async () => {
  const [a, b] = [normal(key.fold("one"), 200, 2), normal(key.fold("two"), 200, 2)];
  const options = { key, maxEpochs: 5, folds: 3 };
  const done: number[] = [];
  const first = await c2st(a, b, { ...options, onProgress: (progress) => done.push(progress.done) });
  expect(done).toEqual([1, 2, 3]);
  using tensors = new Borrowed(a, b);
  expect(await c2st(tensors.a, tensors.b, options)).toEqual(first);
  expect((await c2st(a, b, { ...options, key: createKey(1) })).folds).not.toEqual(first.folds);
  const controller = new AbortController();
  const stopped = c2st(a, b, { ...options, signal: controller.signal, onProgress: () => controller.abort() });
  await expect(stopped).rejects.toThrow(expect.objectContaining({ name: "AbortError" }));
});

/** Two tables as tensors. */
class Borrowed implements Disposable {
  readonly a: tf.Tensor;
  readonly b: tf.Tensor;

  constructor(a: NdArray, b: NdArray) {
    this.a = tf.tensor(a.data as Float32Array, [...a.shape]);
    this.b = tf.tensor(b.data as Float32Array, [...b.shape]);
  }

  [Symbol.dispose](): void {
    tf.dispose([this.a, this.b]);
  }
}

describe("L-C2ST", () => {
  const model = new LinearGaussian(2);
  const x = observations[2] as number[];
  const permutations = 19;
  const FAST = { maxEpochs: 30, learningRate: 5e-3 };

  async function learn(variant: Variant, onBase: boolean): Promise<LocalC2st> {
    const [runsKey, baseKey, testKey] = key.fold("local").fold(variant).split(3);
    const runs = model.runs(variant, ROWS, 1, runsKey);
    const data = onBase
      ? { parameters: runs.base, observations: runs.observations, estimates: normal(baseKey, ROWS, 2) }
      : {
          parameters: runs.truths,
          observations: runs.observations,
          estimates: { shape: [ROWS, 2], data: runs.draws.data },
        };
    return await localC2st(data, { key: testKey, permutations, null: onBase ? "normal" : "permutation", ...FAST });
  }

  test.each(DEEP ? variants : variants.slice(1, 2))("%s", async (variant) => {
    using local = await learn(variant, false);
    const draws = model.draw(variant, x, 1000, key.fold("draws").fold(variant));
    const result = local.test(x, draws);
    const { statistic, pValue, nullStatistics, probabilities, nullProbabilities } = result;
    expect(probabilities).toHaveLength(1000);
    expect(nullProbabilities).toHaveLength(permutations);
    expect(statistic).toBeCloseTo(probabilities.reduce((sum, p) => sum + (p - 0.5) ** 2, 0) / 1000, 12);
    const above = nullStatistics.filter((value) => value >= statistic).length;
    expect(pValue).toBe((1 + above) / (1 + permutations));
    const { levels, cdf, low, high } = probabilityCurve(result);
    expect([levels[0], levels[100], cdf[100]]).toEqual([0, 1, 1]);
    const outside = cdf.filter((value, i) => value < (low[i] as number) || value > (high[i] as number)).length;
    if (variant === "exact") {
      expect(pValue).toBeGreaterThan(0.05);
      expect(outside).toBeLessThan(20);
    } else {
      // Beyond every classifier of the null.
      expect(pValue).toBe(1 / (1 + permutations));
      expect(outside).toBeGreaterThan(20);
    }
  });

  test.runIf(DEEP).each(["exact", "narrow"] as const)("on the base space of a flow, %s", async (variant) => {
    using local = await learn(variant, true);
    const { pValue } = local.test(x, normal(key.fold("base"), 1000, 2));
    if (variant === "exact") expect(pValue).toBeGreaterThan(0.05);
    else expect(pValue).toBe(1 / (1 + permutations));
  });

  test("is local: an estimator that errs on one side only fails there", async () => {
    // θ ~ N(0, 1), x = θ + ε: the posterior is N(x/2, ½). The estimator is half as wide as that where x > 0.
    const n = DEEP ? 2000 : 1000;
    const [thetaKey, noiseKey, drawKey, testKey] = key.fold("one side").split(4);
    const parameters = thetaKey.normal(n);
    const noise = noiseKey.normal(n);
    const seen = parameters.map((theta, i) => theta + (noise[i] as number));
    const estimate = (at: number, z: number): number => at / 2 + Math.SQRT1_2 * z * (at > 0 ? 0.5 : 1);
    const z = drawKey.normal(n);
    const estimates = seen.map((at, i) => estimate(at, z[i] as number));
    using local = await localC2st(
      { parameters, observations: seen, estimates },
      { key: testKey, permutations: 19, ...FAST },
    );
    const draws = (at: number): Float32Array =>
      createKey(at)
        .normal(1000)
        .map((v) => estimate(at, v));
    expect(local.test([1], draws(1)).pValue).toBe(1 / 20);
    const [wrong, right] = [local.test([1], draws(1)).statistic, local.test([-1.5], draws(-2)).statistic];
    expect(wrong).toBeGreaterThan(5 * right);
  });
});

describe.each(BACKENDS)("on %s", (backend) => {
  beforeAll(async () => {
    await useBackend(backend);
  });

  test("no leak", async () => {
    const [a, b] = [normal(key.fold("a"), 60, 2), normal(key.fold("b"), 60, 2)];
    const options = { key, maxEpochs: 2, hidden: [4] };
    await expectNoLeak(() => c2st(a, b, options));
    await expectNoLeak(async () => {
      using local = await localC2st({ parameters: a, observations: a, estimates: b }, { ...options, permutations: 2 });
      local.test([0, 0], b);
    });
    await expectNoLeak(async () => {
      const controller = new AbortController();
      const aborted = localC2st(
        { parameters: a, observations: a, estimates: b },
        { ...options, permutations: 3, signal: controller.signal, onProgress: () => controller.abort() },
      );
      await expect(aborted).rejects.toThrow(expect.objectContaining({ name: "AbortError" }));
    });
  });

  test("what was disposed of is refused", async () => {
    const a = normal(key.fold("a"), 30, 1);
    const local = await localC2st(
      { parameters: a, observations: a, estimates: a },
      { key, maxEpochs: 1, hidden: [2], permutations: 1 },
    );
    local.dispose();
    expect(() => local.test([0], [[0]])).toThrow(DisposedError);
  });
});
