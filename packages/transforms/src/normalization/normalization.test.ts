import { useBackend } from "@pushforward/backend";
import { createKey, type Key } from "@pushforward/core";
import { withTraining } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { BACKENDS } from "../../../testing/test/deep.ts";
import { BatchNorm, symmetricEigen, whitening } from "./normalization.ts";

const key: Key = createKey(3);
const ROWS = 40;
const rows = (): tf.Tensor => tf.add(tf.mul(tf.tensor2d(key.normal(2 * ROWS), [ROWS, 2]), [2, 0.5]), [3, -1]);

for (const backend of BACKENDS) {
  describe(backend, () => {
    beforeAll(() => useBackend(backend));

    test("a step of training normalizes its batch and moves the averages; outside of one they stay", () => {
      tf.tidy(() => {
        using layer = new BatchNorm({ features: 2, momentum: 0.25 });
        const read = (name: string): number[] => [...(layer.parameters().get(name)?.read() ?? [])];
        const x = rows();
        layer.inverse(x);
        expect(read("mean")).toEqual([0, 0]);
        const [u, logDet] = withTraining(layer, key, () => layer.inverseAndLogDet(x));
        const { mean, variance } = tf.moments(u, 0);
        for (const value of mean.dataSync()) expect(Math.abs(value)).toBeLessThan(1e-5);
        for (const value of variance.dataSync()) expect(value).toBeCloseTo(1, 3);
        const ofRows = tf.moments(x, 0);
        const [v0, v1] = ofRows.variance.dataSync() as unknown as [number, number];
        expect(logDet.dataSync()[0]).toBeCloseTo(-0.5 * (Math.log(v0 + 1e-5) + Math.log(v1 + 1e-5)), 4);
        const [m0, m1] = ofRows.mean.dataSync() as unknown as [number, number];
        expect(read("mean")[0]).toBeCloseTo(0.25 * m0, 5);
        expect(read("mean")[1]).toBeCloseTo(0.25 * m1, 5);
        expect(read("variance")[0]).toBeCloseTo(0.75 + (0.25 * v0 * ROWS) / (ROWS - 1), 4);
        const after = read("mean");
        withTraining(layer, key, () => layer.inverse(tf.slice(x, [0, 0], [1, 2])));
        withTraining(new BatchNorm({ features: 2 }), key, () => layer.inverse(x));
        expect(read("mean")).toEqual(after);
      });
    });

    test("gradients in training go through the statistics of the batch", () => {
      tf.tidy(() => {
        using layer = new BatchNorm({ features: 2 });
        const weights = tf.tensor2d(key.fold("w").normal(2 * ROWS), [ROWS, 2]);
        const loss = (x: tf.Tensor): tf.Tensor => {
          const [u, logDet] = withTraining(layer, key, () => layer.inverseAndLogDet(x));
          return tf.add(tf.sum(tf.mul(weights, u)), tf.mean(logDet));
        };
        const x = rows();
        const slopes = tf.grad(loss)(x).dataSync();
        for (const at of [0, 1, 17]) {
          const step = new Float32Array(2 * ROWS);
          step[at] = 1e-2;
          const moved = (sign: number): number =>
            loss(tf.add(x, tf.mul(sign, tf.tensor2d(step, [ROWS, 2])))).dataSync()[0] as number;
          const difference = (moved(1) - moved(-1)) / 2e-2;
          expect(Math.abs((slopes[at] as number) - difference)).toBeLessThan(2e-2 * Math.max(1, Math.abs(difference)));
        }
      });
    });
  });
}

const CORRELATED_ROWS = 300;

function correlated(): number[][] {
  const noise = createKey(1).normal(3 * CORRELATED_ROWS);
  return Array.from({ length: CORRELATED_ROWS }, (_, i) => {
    const [a = 0, b = 0, c = 0] = noise.subarray(3 * i, 3 * i + 3);
    return [100 + 3 * a, a - 2 * b, 1e-3 * (b + 0.1 * c)];
  });
}

/** A Gram matrix of random vectors. */
function gram(n: number, rank: number): Float64Array {
  const x = createKey(n).normal(n * rank);
  return Float64Array.from({ length: n * n }, (_, at) => {
    let sum = 0;
    for (let k = 0; k < rank; k++)
      sum += (x[Math.floor(at / n) * rank + k] as number) * (x[(at % n) * rank + k] as number);
    return sum;
  });
}

describe("cpu", () => {
  beforeAll(() => useBackend("wasm"));

  test("options out of range", () => {
    expect(() => new BatchNorm({ features: 0 })).toThrow("expected features");
    expect(() => new BatchNorm({ features: 1, momentum: 0 })).toThrow("expected momentum above 0");
    expect(() => new BatchNorm({ features: 1, epsilon: 0 })).toThrow("expected epsilon above 0");
  });

  test.each(["full", "pca", "diagonal"] as const)("rows are white on the side of the base: %s", (method) => {
    tf.tidy(() => {
      using layer = whitening(correlated(), method);
      const u = layer.inverse(tf.tensor2d(correlated()));
      const second = tf.div(tf.matMul(u, u, true), CORRELATED_ROWS - 1).dataSync();
      for (const value of tf.mean(u, 0).dataSync()) expect(Math.abs(value)).toBeLessThan(1e-4);
      for (let i = 0; i < 3; i++) {
        for (let j = 0; j < 3; j++) {
          if (i !== j && method === "diagonal") continue;
          expect(Math.abs((second[3 * i + j] as number) - (i === j ? 1 : 0))).toBeLessThan(2e-3);
        }
      }
      if (method === "diagonal") expect(Math.abs(second[1] as number)).toBeGreaterThan(0.1);
    });
  });

  test("with pca the base variables are the principal components, the largest first", () => {
    const rows = [
      [1, 20],
      [2, 50],
      [4, 60],
      [5, 40],
    ];
    const sd = [Math.sqrt(10 / 3), Math.sqrt(875 / 3)] as const;
    const r = 50 / 3 / (sd[0] * sd[1]);
    tf.tidy(() => {
      using layer = whitening(rows, "pca");
      const [origin, first, second] = layer
        .forward(
          tf.tensor2d([
            [0, 0],
            [1, 0],
            [0, 1],
          ]),
        )
        .arraySync() as [[number, number], [number, number], [number, number]];
      expect(origin[0]).toBeCloseTo(3, 5);
      expect(origin[1]).toBeCloseTo(42.5, 4);
      // Of two columns the components are sum and difference of the standardized columns, of variance 1 ± r.
      for (const [point, variance, sign] of [
        [first, 1 + r, 1],
        [second, 1 - r, -1],
      ] as const) {
        const [x, y] = [(point[0] - origin[0]) / sd[0], (point[1] - origin[1]) / sd[1]];
        expect(x * x + y * y).toBeCloseTo(variance, 5);
        expect(x / y).toBeCloseTo(sign, 5);
      }
    });
  });

  test("rows that have no covariance are told", () => {
    expect(() => whitening([[1, 2]])).toThrow("expected at least 2 rows, got 1");
    expect(() =>
      whitening([
        [1, 2],
        [1, 3],
      ]),
    ).toThrow("got a constant column 0");
    const dependent = [
      [1, 2],
      [2, 4],
      [3, 6],
    ];
    expect(() => whitening(dependent)).toThrow(
      /^whitening: expected a positive definite covariance, .* in row 1\. Drop/,
    );
    expect(() => whitening(dependent, "pca")).toThrow(
      /^whitening: expected columns of full rank, got a principal component/,
    );
  });

  test("closed form of two: (7 ± 5)/2", () => {
    const { values, vectors } = symmetricEigen(Float64Array.of(2, 2, 2, 5), 2);
    expect(values[0]).toBeCloseTo(6, 14);
    expect(values[1]).toBeCloseTo(1, 14);
    expect(Math.abs((vectors[0] as number) / (vectors[2] as number))).toBeCloseTo(0.5, 14);
  });

  test.each([
    [1, 1],
    [3, 3],
    [8, 3],
    [30, 40],
  ])("%i columns of rank %i: VᵀV = I and A V = V diag(λ), the largest first", (n, rank) => {
    const matrix = gram(n, rank);
    const { values, vectors } = symmetricEigen(matrix, n);
    expect([...values]).toEqual([...values].sort((a, b) => b - a));
    const at = (m: Float64Array, i: number, j: number): number => m[i * n + j] as number;
    const size = values[0] as number;
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        let [dot, product] = [0, 0];
        for (let k = 0; k < n; k++) {
          dot += at(vectors, k, i) * at(vectors, k, j);
          product += at(matrix, i, k) * at(vectors, k, j);
        }
        expect(Math.abs(dot - (i === j ? 1 : 0))).toBeLessThan(1e-13);
        expect(Math.abs(product - at(vectors, i, j) * (values[j] as number))).toBeLessThan(1e-13 * size);
      }
    }
    for (let i = rank; i < n; i++) expect(Math.abs(values[i] as number)).toBeLessThan(1e-13 * size);
  });
});
