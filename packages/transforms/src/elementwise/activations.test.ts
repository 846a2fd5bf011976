import { useBackend } from "@pushforward/backend";
import { OptionError } from "@pushforward/core";
import { maxError } from "@pushforward/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "vitest";
import { Exp, LeakyRelu, LeakyTanh, Sigmoid, Softplus, Tanh } from "./activations.ts";

beforeAll(() => useBackend("cpu"));

test("0 is taken for the smallest normal number, and nothing is below", () => {
  using exp = new Exp();
  const [x, logDet] = exp.inverseAndLogDet(tf.tensor1d([1, 0, -1]));
  expect(maxError(x, [0, -126 * Math.LN2, -126 * Math.LN2])).toBeLessThan(1e-6);
  expect(maxError(logDet, [0, 126 * Math.LN2, Number.NEGATIVE_INFINITY])).toBeLessThan(1e-6);
  expect(exp.support).toBe(exp);
});

test("the logit of the ends is finite, the log-det outside -Infinity", () => {
  using map = new Sigmoid();
  const [x, logDet] = map.inverseAndLogDet(tf.tensor1d([0, 1e-30, 0.5, 1, 1.5, -0.5]));
  const [bottom, top] = [-126 * Math.LN2, 25 * Math.LN2];
  expect(maxError(tf.slice(x, 0, 4), [bottom, Math.log(1e-30), 0, top])).toBeLessThan(1e-6);
  const infinite = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
  expect(maxError(logDet, [-bottom, -Math.log(1e-30), 2 * Math.LN2, top, ...infinite])).toBeLessThan(1e-6);
  expect(map.support).toBe(map);
});

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

test("bends below 0", () => {
  using map = new LeakyRelu({ features: 3, slope: 0.25 });
  const [y, logDet] = map.forwardAndLogDet(tf.tensor1d([-4, 0, 6]));
  expect(maxError(y, [-1, 0, 6])).toBeLessThan(1e-6);
  expect(maxError(logDet, [Math.log(0.25)])).toBeLessThan(1e-6);
});

test("a fixed slope is no trainable parameter", () => {
  using map = new LeakyRelu({ features: 3, trainable: false });
  expect([...map.parameters().values()].map(({ trainable }) => trainable)).toEqual([false]);
});

test("errors", () => {
  expect(() => new LeakyRelu({ features: 1, slope: 0 })).toThrow(
    new OptionError("LeakyRelu: expected a finite slope above 0, got 0."),
  );
});

test("the tangent lines go on where the curve ends", () => {
  using map = new LeakyTanh({ max: 2 });
  const slope = 1 / Math.cosh(2) ** 2;
  const [y, logDet] = map.forwardAndLogDet(tf.tensor1d([-5, -1, 2, 100]));
  expect(maxError(y, [-Math.tanh(2) - 3 * slope, Math.tanh(-1), Math.tanh(2), Math.tanh(2) + 98 * slope])).toBeLessThan(
    1e-6,
  );
  expect(maxError(logDet, [slope, 1 / Math.cosh(1) ** 2, slope, slope].map(Math.log))).toBeLessThan(1e-6);
});

test("errors", () => {
  expect(() => new LeakyTanh({ max: 20 })).toThrow(
    new OptionError("LeakyTanh: expected max above 0 and up to 7, got 20."),
  );
});
