import { useBackend } from "@pushforward/backend";
import { maxError } from "@pushforward/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "vitest";
import { SoftClip } from "./soft-clip.ts";

beforeAll(() => useBackend("cpu"));

test("values, ends and what lies outside", () => {
  using map = new SoftClip({ bound: 11 });
  const x = [-1e6, -3, 0, 0.5, 11];
  const [y, logDet] = map.forwardAndLogDet(tf.tensor1d(x));
  const slopes = x.map((v) => -2 * Math.log1p(Math.abs(v / 11)));
  expect(
    maxError(
      y,
      x.map((v) => v / (1 + Math.abs(v / 11))),
    ),
  ).toBeLessThan(1e-6);
  expect(maxError(logDet, slopes)).toBeLessThan(1e-6);
  const [back, inverseLogDet] = map.inverseAndLogDet(tf.tensor1d([11, 5.5, -11.01]));
  expect(maxError(back, [11 * (2 ** 24 - 1), 11, -11 * (2 ** 24 - 1)])).toBeLessThan(1e-6);
  expect([...inverseLogDet.dataSync()].map(Number.isFinite)).toEqual([true, true, false]);
  expect(() => new SoftClip({ bound: 0 })).toThrow("expected bound to be a positive number, got 0");
});
