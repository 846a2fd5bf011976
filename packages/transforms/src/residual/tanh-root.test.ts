import { useBackend } from "@pushforward/backend";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { tanhRoot } from "./tanh-root.ts";

beforeAll(() => useBackend("cpu"));

describe("tanhRoot", () => {
  test.each([
    [0, 3],
    [0.3, -1],
    [1e-4, -0.999],
    [-2, 0.5],
    [5, 40],
    [1e6, -0.5],
    [0, -1],
  ])("solves a + s tanh a = t for t = %d, s = %d", (t, s) => {
    const a = tanhRoot(tf.tensor1d([t]), tf.tensor1d([s])).dataSync()[0] as number;
    expect(Math.abs(a + s * Math.tanh(a) - t)).toBeLessThan(2e-6 * Math.max(1, Math.abs(t), Math.abs(s)));
  });

  test("has the gradients of the implicit function", () => {
    const [t, s] = [tf.tensor1d([0.7]), tf.tensor1d([0.4])];
    const gradients = tf.grads((x: tf.Tensor, y: tf.Tensor) => tf.sum(tanhRoot(x, y)));
    const [byT, byS] = gradients([t, s]).map((one) => one.dataSync()[0] as number) as [number, number];
    const a = tanhRoot(t, s).dataSync()[0] as number;
    const slope = 1 + 0.4 * (1 - Math.tanh(a) ** 2);
    expect(byT).toBeCloseTo(1 / slope, 5);
    expect(byS).toBeCloseTo(-Math.tanh(a) / slope, 5);
  });

  test("what is not finite stays so", () => {
    const values = tanhRoot(tf.tensor1d([Number.NaN, Number.POSITIVE_INFINITY]), tf.tensor1d([0.5])).dataSync();
    expect(values[0]).toBeNaN();
  });
});
