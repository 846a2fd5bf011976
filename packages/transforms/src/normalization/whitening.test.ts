import { useBackend } from "@pushforward/backend";
import { createKey } from "@pushforward/core";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "vitest";
import { whitening } from "./whitening.ts";

beforeAll(() => useBackend("wasm"));

const ROWS = 300;

function correlated(): number[][] {
  const noise = createKey(1).normal(3 * ROWS);
  return Array.from({ length: ROWS }, (_, i) => {
    const [a = 0, b = 0, c = 0] = noise.subarray(3 * i, 3 * i + 3);
    return [100 + 3 * a, a - 2 * b, 1e-3 * (b + 0.1 * c)];
  });
}

test.each(["full", "pca", "diagonal"] as const)("rows are white on the side of the base: %s", (method) => {
  tf.tidy(() => {
    using layer = whitening(correlated(), method);
    const u = layer.inverse(tf.tensor2d(correlated()));
    const second = tf.div(tf.matMul(u, u, true), ROWS - 1).dataSync();
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
  expect(() => whitening(dependent)).toThrow(/^whitening: expected a positive definite covariance, .* in row 1\. Drop/);
  expect(() => whitening(dependent, "pca")).toThrow(
    /^whitening: expected columns of full rank, got a principal component/,
  );
});
