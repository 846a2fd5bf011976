import { useBackend } from "@pushforward/backend";
import { maxError } from "@pushforward/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "vitest";
import { SinhArcsinh } from "./sinh-arcsinh.ts";

beforeAll(() => useBackend("cpu"));

test("values are those of the formula in float64, in the tails too", () => {
  using transform = new SinhArcsinh({ features: 2 });
  transform.parameters().get("skewness")?.write([0.3, -0.8]);
  transform
    .parameters()
    .get("logTailWeight")
    ?.write([Math.log(1.5), Math.log(0.6)]);
  const x = [0, 0.5, -3, 40, 1e3, -1e3];
  const expected = (v: number, k: number): number => {
    const [skewness, weight] = [[0.3, 1.5] as const, [-0.8, 0.6] as const][k] as readonly [number, number];
    return Math.sinh(weight * (Math.asinh(v) + skewness));
  };
  const y = transform.forward(tf.tensor2d(x.map((v) => [v, v])));
  expect(
    maxError(
      y,
      x.flatMap((v) => [expected(v, 0), expected(v, 1)]),
    ),
  ).toBeLessThan(1e-5);
});
