import { useBackend } from "@pushforward/backend";
import { createKey, type Module, ndArray, ShapeError } from "@pushforward/core";
import { ConditionalMixture, DiagonalNormal, Mixture, StandardNormal } from "@pushforward/distributions";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { BACKENDS } from "../../testing/test/deep.ts";
import { logProbRows, sampleRows, splitStandardization } from "./host-rows.ts";
import { maf, nsf } from "./presets/common.ts";

const key = createKey(0);
const hidden = [4];

/** Weights with which no layer is the identity. */
function perturb(model: Module): void {
  for (const [path, p] of model.parameters()) {
    if (p.trainable) p.write(key.fold(path).normal(p.read().length));
  }
}

describe.each(BACKENDS)("%s", (backend) => {
  beforeAll(() => useBackend(backend));

  test("rows are scored and drawn in units that float32 can not hold", () => {
    using flow = maf({ features: 2, hidden, key, standardize: { mean: [1.7e9, 0.5], sd: [0.25, 2] } });
    const rows = [1.7e9, 0.5, 1.7e9 + 0.25, 2.5];
    const before = tf.memory().numTensors;
    const logProb = logProbRows(flow, ndArray([2, 2], Float64Array.from(rows)));
    const atMean = -Math.log(2 * Math.PI) - Math.log(0.25) - Math.log(2);
    expect(logProb[0]).toBeCloseTo(atMean, 5);
    expect(logProb[1]).toBeCloseTo(atMean - 1, 5);
    const draws = sampleRows(flow, key, 5000);
    expect(draws.shape).toEqual([5000, 2]);
    const first = Array.from({ length: 5000 }, (_, i) => (draws.data[2 * i] as number) - 1.7e9);
    const variance = first.reduce((sum, v) => sum + v * v, 0) / 5000;
    expect(Math.abs(variance / 0.0625 - 1)).toBeLessThan(5 * Math.sqrt(2 / 5000));
    // The second call allocates nothing that stays: the parameters are there now.
    const warm = tf.memory().numTensors;
    expect(warm).toBeGreaterThanOrEqual(before);
    logProbRows(flow, ndArray([2, 2], Float64Array.from(rows)));
    sampleRows(flow, key, 10);
    expect(tf.memory().numTensors).toBe(warm);
  });

  test("a conditional flow takes one context for each row, and draws for each context in turn", () => {
    using flow = maf({ features: 1, context: 1, hidden, key });
    const context = ndArray([2, 1], Float64Array.of(-1, 1));
    expect(logProbRows(flow, ndArray([2, 1], Float64Array.of(0, 1)), context)).toHaveLength(2);
    expect(sampleRows(flow, key, 3, context).shape).toEqual([6, 1]);
    expect(() => sampleRows(flow, key, 3)).toThrow(ShapeError);
    expect(() => logProbRows(flow, ndArray([1, 1], Float64Array.of(0)), context)).toThrow(
      new ShapeError("logProbRows: expected 1 rows of context, got 2."),
    );
  });

  test("a context in units that float32 can not hold reaches the flow", () => {
    using flow = maf({ features: 1, context: 1, hidden, key, standardizeContext: { mean: [1.7e9], sd: [0.25] } });
    for (const p of flow.parameters().values()) p.write(key.fold(p.shape.length).normal(p.read().length));
    const { inner, contextStandardization } = splitStandardization(flow);
    expect(contextStandardization).toEqual({ mean: [1.7e9], sd: [0.25] });
    const x = ndArray([2, 1], Float64Array.of(0.3, 0.3));
    const raw = logProbRows(flow, x, ndArray([2, 1], Float64Array.of(1.7e9, 1.7e9 + 0.25)));
    const plain = logProbRows(inner, x, ndArray([2, 1], Float64Array.of(0, 1)));
    expect(raw).toEqual(plain);
    expect(raw[0]).not.toBe(raw[1]);
  });

  test("a flow without its standardization shares its parameters", () => {
    using flow = maf({ features: 2, hidden, key, standardize: { mean: [1, 2], sd: [3, 4] } });
    const { inner, standardization } = splitStandardization(flow);
    expect(standardization).toEqual({ mean: [1, 2], sd: [3, 4] });
    expect([...inner.parameters().values()]).toEqual([...flow.parameters().values()]);
    expect(splitStandardization(inner)).toEqual({ inner });
  });

  test("a mixture of flows is scored and drawn in the units of each, in float64", () => {
    const standardize = { mean: [1.7e9, 0.5], sd: [0.25, 2] };
    const far = { mean: [1.7e9 + 100, -3], sd: [0.5, 1] };
    const components = [
      maf({ features: 2, hidden, key, standardize }),
      nsf({ features: 2, hidden, key: key.fold(1), standardize: far }),
    ];
    using mixture = new Mixture({ weights: [0.25, 0.75], components });
    perturb(mixture);
    const x = ndArray([3, 2], Float64Array.of(1.7e9, 0.5, 1.7e9 + 0.25, 2.5, 1.7e9 + 100, -3));
    const found = logProbRows(mixture, x);
    const [a, b] = components.map((flow) => logProbRows(flow, x)) as [Float64Array, Float64Array];
    for (const [r, value] of found.entries()) {
      const expected = Math.log(0.25 * Math.exp(a[r] as number) + 0.75 * Math.exp(b[r] as number));
      expect(value).toBeCloseTo(expected, 12);
    }
    const draws = sampleRows(mixture, key, 6000);
    expect(draws.shape).toEqual([6000, 2]);
    const own = draws.data.filter((_, i) => i % 2 === 0).map((v) => v - 1.7e9);
    const second = own.filter((v) => v > 50).length;
    expect(Math.abs(second / 6000 - 0.75)).toBeLessThan(5 * Math.sqrt((0.25 * 0.75) / 6000));
    // Steps that float32 can't take at 1.7e9, where it counts by 128.
    expect(new Set(own).size).toBeGreaterThan(5000);
    const warm = tf.memory().numTensors;
    logProbRows(mixture, x);
    sampleRows(mixture, key, 10);
    expect(tf.memory().numTensors).toBe(warm);
  });

  test("a conditional mixture takes one context for each row", () => {
    const standardizeContext = { mean: [1.7e9], sd: [0.25] };
    const components = [
      maf({ features: 2, context: 1, hidden, key, standardizeContext }),
      new DiagonalNormal({ mean: [1e5, -40], scale: [0.5, 2] }),
    ];
    using mixture = new ConditionalMixture({ components, weights: [2, 1] });
    perturb(mixture);
    const context = ndArray([3, 1], Float64Array.of(1.7e9, 1.7e9 + 0.25, 1.7e9 + 0.5));
    const x = ndArray([3, 2], Float64Array.of(0, 1, 0, 1, 1e5, -40));
    const found = logProbRows(mixture, x, context);
    const parts = [
      logProbRows(components[0] as (typeof components)[number], x, context),
      logProbRows(components[1] as DiagonalNormal, x),
    ] as const;
    for (const [r, value] of found.entries()) {
      const expected = Math.log((2 * Math.exp(parts[0][r] as number)) / 3 + Math.exp(parts[1][r] as number) / 3);
      expect(value).toBeCloseTo(expected, 12);
    }
    expect(found[0]).not.toBe(found[1]);
    const draws = sampleRows(mixture, key, 1700, context);
    expect(draws.shape).toEqual([5100, 2]);
    const chunks = [0, 1, 2].map((c) => draws.data.slice(c * 3400, (c + 1) * 3400));
    for (const chunk of chunks) {
      const normals = chunk.filter((v, i) => i % 2 === 0 && Math.abs(v - 1e5) < 5).length;
      expect(Math.abs(normals / 1700 - 1 / 3)).toBeLessThan(5 * Math.sqrt(2 / 9 / 1700));
    }
    expect(() => logProbRows(mixture, x)).toThrow(ShapeError);
    expect(() => logProbRows(mixture, x, ndArray([3, 2], new Float64Array(6)))).toThrow(
      new ShapeError("logProbRows: expected 1 columns of context, got 2."),
    );
  });

  test("the draws of many contexts are made in chunks, each for its own context", () => {
    using flow = maf({ features: 1, context: 1, hidden, key });
    using mixture = new ConditionalMixture({ components: [flow] });
    perturb(mixture);
    const contexts = 5000;
    const context = ndArray(
      [contexts, 1],
      Float64Array.from({ length: contexts }, (_, i) => i / 1000 - 2.5),
    );
    const spies = [vi.spyOn(flow, "given")];
    const draws = sampleRows(mixture, key, 2, context);
    const sizes = spies[0]?.mock.calls.map(([given]) => (given as tf.Tensor).shape[0]);
    expect(sizes).toEqual([4096, 4096, 1808]);
    expect(draws.shape).toEqual([2 * contexts, 1]);
    // Under the model each draw is as likely as it should be: mean log-density against minus entropy, within 5 errors.
    const repeated = ndArray(
      [2 * contexts, 1],
      Float64Array.from({ length: 2 * contexts }, (_, i) => context.data[Math.floor(i / 2)] as number),
    );
    const own = logProbRows(mixture, draws, repeated);
    const shifted = ndArray([2 * contexts, 1], Float64Array.from(repeated.data).reverse());
    const others = logProbRows(mixture, draws, shifted);
    const mean = (values: Float64Array): number => values.reduce((a, b) => a + b) / values.length;
    expect(mean(own)).toBeGreaterThan(mean(others));
  });

  test("any distribution has rows; events of other ranks lie flat", () => {
    const base = new StandardNormal({ shape: [2, 2] });
    const draws = sampleRows(base, key, 3);
    expect(draws.shape).toEqual([3, 4]);
    const expected = [0, 1, 2].map((r) =>
      Array.from(draws.data.slice(4 * r, 4 * r + 4)).reduce(
        (sum, v) => sum - (v * v) / 2 - Math.log(2 * Math.PI) / 2,
        0,
      ),
    );
    for (const [r, value] of logProbRows(base, draws).entries()) expect(value).toBeCloseTo(expected[r] as number, 5);
    expect(sampleRows(new StandardNormal({ shape: [] }), key, 5).shape).toEqual([5, 1]);
    expect(() => logProbRows(base, ndArray([1, 3], new Float64Array(3)))).toThrow(ShapeError);
    const batch = new DiagonalNormal({ mean: [[0], [1]] });
    expect(() => sampleRows(batch, key, 1)).toThrow(
      new ShapeError("sampleRows: expected a distribution without batch axes, got batch shape [2]."),
    );
    expect(() => logProbRows(batch, draws)).toThrow(ShapeError);
  });

  test("a mixture of flows draws from each component only what it needs", () => {
    const components = [
      maf({ features: 2, hidden, key }),
      nsf({ features: 2, hidden, key: key.fold(1) }),
      maf({ features: 2, hidden, key: key.fold(2) }),
    ];
    using mixture = new Mixture({ weights: [1, 3, 0], components });
    const spies = components.map((flow) => vi.spyOn(flow, "sample"));
    expect(tf.tidy(() => mixture.sample(key, [40, 10]).shape)).toEqual([40, 10, 2]);
    const asked = spies.map(({ mock }) => mock.calls.map(([, shape]) => shape));
    expect(asked[2]).toEqual([]);
    const [first, second] = [0, 1].map((k) => asked[k]?.[0]?.[0] as number) as [number, number];
    expect(first + second).toBe(400);
    expect(Math.abs(first / 400 - 0.25)).toBeLessThan(0.11);
    tf.tidy(() => {
      const density = components.map((flow) => vi.spyOn(flow, "logProb"));
      mixture.logProb(tf.zeros([3, 2]));
      expect(density[2]?.mock.calls).toEqual([]);
    });
  });
});
