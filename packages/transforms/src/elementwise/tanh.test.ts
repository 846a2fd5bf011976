import { useBackend } from "@pushforward/backend";
import { maxError } from "@pushforward/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "vitest";
import { Tanh } from "./tanh.ts";

beforeAll(() => useBackend("cpu"));

test("values, ends and what lies outside", () => {
  using map = new Tanh();
  const x = [-3, -1e-5, 0, 0.5, 4];
  const [y, logDet] = map.forwardAndLogDet(tf.tensor1d(x));
  expect(maxError(y, x.map(Math.tanh))).toBeLessThan(1e-6);
  expect(
    maxError(
      logDet,
      x.map((v) => -2 * Math.log(Math.cosh(v))),
    ),
  ).toBeLessThan(1e-6);
  const [back, inverseLogDet] = map.inverseAndLogDet(tf.tensor1d([-1, 1, 1.01]));
  const end = Math.atanh(1 - 2 ** -24);
  expect(maxError(back, [-end, end, end])).toBeLessThan(1e-6);
  expect([...inverseLogDet.dataSync()].map(Number.isFinite)).toEqual([true, true, false]);
  expect(map.support).toBe(map);
});
