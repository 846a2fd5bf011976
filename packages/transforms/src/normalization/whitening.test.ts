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

test.each(["full", "diagonal"] as const)("rows are white on the side of the base: %s", (method) => {
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

test("rows that have no covariance are told", () => {
  expect(() => whitening([[1, 2]])).toThrow("expected at least 2 rows, got 1");
  expect(() =>
    whitening([
      [1, 2],
      [1, 3],
    ]),
  ).toThrow("got a constant column 0");
  expect(() =>
    whitening([
      [1, 2],
      [2, 4],
      [3, 6],
    ]),
  ).toThrow("got column 1 that others determine");
});
