import { useBackend } from "@pushforward/backend";
import { ContextError, ShapeError } from "@pushforward/core";
import { expectNoLeak, maxError } from "@pushforward/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { BACKENDS } from "../../../testing/test/deep.ts";
import { additive } from "./additive.ts";
import { affine } from "./affine.ts";

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
