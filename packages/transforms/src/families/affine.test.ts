import { useBackend } from "@pushforward/backend";
import { ContextError, createKey, ModelFileError, OptionError, ShapeError } from "@pushforward/core";
import { createRegistry } from "@pushforward/serialization/extend";
import { expectNoLeak, maxError } from "@pushforward/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { BACKENDS } from "../../../testing/test/deep.ts";
import { additive, affine } from "./affine.ts";
import { affineSpline, affineSplineCodec } from "./affine-spline.ts";
import { rationalQuadratic } from "./rational-quadratic.ts";

for (const backend of BACKENDS) {
  describe(backend, () => {
    beforeAll(() => useBackend(backend));

    test("affine is x·eᵃ + t with a softly bounded a", () => {
      const raw = [0.5, -3, 40, -40];
      const parameters = tf.tensor2d(raw.map((r, i) => [i - 1, r]));
      // PyTorch 2.6 in float64: 5·tanh(raw/5).
      const a = [0.498339973, -2.68524783, 4.99999887, -4.99999887];
      const [y, logDet] = affine()
        .bind(parameters)
        .forwardAndLogDet(tf.tensor1d([1, 2, -1, 3]));
      const expected = [1, 2, -1, 3].map((x, i) => x * Math.exp(a[i] as number) + i - 1);
      expect(maxError(y, expected)).toBeLessThan(2e-6);
      expect(maxError(logDet, a)).toBeLessThan(2e-7);
    });

    test("additive is x + t", () => {
      const bound = additive().bind(tf.tensor2d([[1], [-2]]));
      const [y, logDet] = bound.forwardAndLogDet(tf.tensor1d([0.5, 0.5]));
      expect([...y.dataSync()]).toEqual([1.5, -1.5]);
      expect([...logDet.dataSync()]).toEqual([0, 0]);
      expect([...bound.inverse(y).dataSync()]).toEqual([0.5, 0.5]);
    });

    test("values and parameters broadcast, both ways, without a leak", () => {
      const parameters = tf.tensor3d([[[1, 0]], [[2, 0]]]);
      const bound = affine().bind(parameters);
      const x = tf.tensor1d([10, 20, 30]);
      const [y, logDet] = bound.forwardAndLogDet(x);
      expect(y.arraySync()).toEqual([
        [11, 21, 31],
        [12, 22, 32],
      ]);
      expect(logDet.shape).toEqual([2, 3]);
      expect(bound.inverse(tf.scalar(5)).arraySync()).toEqual([[4], [3]]);
      for (const family of [affine(), additive()]) {
        const one = family.bind(tf.zeros([2, 1, family.parameterCount]));
        expectNoLeak(() => one.forward(x));
        expectNoLeak(() => one.inverse(x));
        expectNoLeak(() => one.forwardAndLogDet(x));
        expectNoLeak(() => one.inverseAndLogDet(x));
      }
    });

    test("errors", () => {
      expect(() => affine().bind(tf.zeros([3]))).toThrow(
        new ShapeError("affine.bind: expected parameters with a last axis of 2, got shape [3]."),
      );
      expect(() => additive().bind(tf.scalar(1))).toThrow(
        new ShapeError("additive.bind: expected parameters with a last axis of 1, got shape []."),
      );
      const bound = affine().bind(tf.zeros([3, 2]));
      expect(() => bound.inverse(tf.ones([2]))).toThrow(
        new ShapeError(
          "affine.inverse: expected a value that broadcasts with the batch shape [3] of the parameters, got shape [2].",
        ),
      );
      expect(() => bound.forward(tf.ones([3]), tf.ones([1]))).toThrow(
        new ContextError("affine.forward: expected no context, got one of shape [1]. Give it to a conditional flow."),
      );
    });
  });
}

for (const backend of BACKENDS) {
  describe(backend, () => {
    beforeAll(() => useBackend(backend));

    test("is the affine map and then the spline with linear tails, whose parameters follow in that order", () => {
      const key = createKey(1);
      const family = affineSpline({ bins: 4, bound: 2 });
      const parameters = tf.tensor2d(key.fold("parameters").normal(60 * 15), [60, 15]);
      const x = tf.mul(tf.tensor1d(key.fold("x").normal(60)), 2);
      const [z, logDet] = family.bind(parameters).forwardAndLogDet(x);
      const [u, ofAffine] = affine()
        .bind(tf.slice(parameters, [0, 0], [-1, 2]))
        .forwardAndLogDet(x);
      const [expected, ofSpline] = rationalQuadratic({ bins: 4, bound: 2, tails: "linear" })
        .bind(tf.slice(parameters, [0, 2], [-1, 13]))
        .forwardAndLogDet(u);
      expect(maxError(z, expected)).toBeLessThan(1e-6);
      expect(maxError(logDet, tf.add(ofAffine, ofSpline))).toBeLessThan(1e-6);
    });

    test("reaches what no box holds: a shift and a scale move everything, the tails bend the rest", () => {
      const family = affineSpline({ bins: 2, bound: 1 });
      // Shift 100, log-scale near 1, raw slopes of −∞ at the lower end and 0 at the upper one.
      const raw = [100, 5 * Math.atanh(0.2), 0, 0, 0, 0, -50, 0, 0];
      const bound = family.bind(tf.tensor1d(raw));
      const [z, logDet] = bound.forwardAndLogDet(tf.tensor1d([-1000, 1000]));
      const low = -1 + 1e-3 * (-1000 * Math.E + 100 + 1);
      expect(maxError(z, [low, 1000 * Math.E + 100])).toBeLessThan(2e-6);
      expect(maxError(logDet, [1 + Math.log(1e-3), 1])).toBeLessThan(2e-6);
      expect(maxError(tf.div(bound.inverse(z), 1000), [-1, 1])).toBeLessThan(2e-6);
    });
  });
}

test("has 3·bins + 3 parameters", async () => {
  await useBackend("cpu");
  expect(affineSpline().parameterCount).toBe(27);
  expect(affineSpline({ bins: 16 }).parameterCount).toBe(51);
  const parameters = tf.zeros([4, 26]);
  expect(() => affineSpline().bind(parameters)).toThrow(
    new ShapeError("affineSpline.bind: expected parameters with a last axis of 27, got shape [4, 26]."),
  );
  parameters.dispose();
});

test("errors", () => {
  const registry = createRegistry(affineSplineCodec);
  expect(() => affineSpline({ bins: 1 })).toThrow(
    new OptionError("affineSpline: expected bins to be an integer from 2 to 500, got 1."),
  );
  expect(() => affineSpline({ bound: 0 })).toThrow(
    new OptionError("affineSpline: expected bound above 0 and at most 1000000, got 0."),
  );
  for (const config of [{ bins: 1, bound: 5 }, { bins: 8, bound: -1 }, { bins: 8, bound: 5, tails: "linear" }, {}]) {
    expect(() => registry.decode({ type: "pushforward/affine-spline", version: 1, config })).toThrow(ModelFileError);
  }
});
