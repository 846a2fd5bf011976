import { useBackend } from "@pushforward/backend";
import { maxError } from "@pushforward/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "vitest";
import { Softplus } from "./softplus.ts";

beforeAll(() => useBackend("cpu"));

test("values of both ends, and nothing is below 0", () => {
  using map = new Softplus();
  const x = [-80, -1, 0, 3, 1000];
  const y = map.forward(tf.tensor1d(x));
  expect(
    maxError(
      y,
      x.map((v) => (v > 700 ? v : Math.log1p(Math.exp(v)))),
    ),
  ).toBeLessThan(1e-6);
  expect(maxError(map.inverse(y), x)).toBeLessThan(1e-6);
  expect(map.inverseAndLogDet(tf.tensor1d([-1]))[1].dataSync()[0]).toBe(Number.NEGATIVE_INFINITY);
  expect(map.support).toBe(map);
});
