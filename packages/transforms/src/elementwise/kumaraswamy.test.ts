import { useBackend } from "@pushforward/backend";
import { maxError } from "@pushforward/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "vitest";
import { Kumaraswamy } from "./kumaraswamy.ts";

beforeAll(() => useBackend("cpu"));

test("values are those of NumPy in float64; ends are finite", () => {
  using map = new Kumaraswamy({ features: 1 });
  map
    .parameters()
    .get("logA")
    ?.write([Math.log(2.5)]);
  map
    .parameters()
    .get("logB")
    ?.write([Math.log(0.6)]);
  const x = [0.01, 0.3, 0.8, 0.99];
  const [y, logDet] = map.forwardAndLogDet(tf.tensor2d(x, [4, 1]));
  const [first, ...rest] = [...y.dataSync()] as [number, number, number, number];
  expect(Math.abs(first / 6.000012e-6 - 1)).toBeLessThan(1e-5);
  expect(maxError(rest, [0.0298755315, 0.399376581, 0.891155723])).toBeLessThan(1e-6);
  expect(maxError(logDet, [-6.50228617, -1.3802735, 0.410607869, 1.86894765])).toBeLessThan(2e-6);
  expect(maxError(map.inverse(y), x)).toBeLessThan(2e-6);
  for (const pair of [map.forwardAndLogDet(tf.tensor2d([[0], [1]])), map.inverseAndLogDet(tf.tensor2d([[0], [1]]))]) {
    expect(pair.every((tensor) => [...tensor.dataSync()].every(Number.isFinite))).toBe(true);
  }
  expect([...map.forwardAndLogDet(tf.tensor2d([[-0.1], [1.1]]))[1].dataSync()]).toEqual([
    Number.NEGATIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
  ]);
});
