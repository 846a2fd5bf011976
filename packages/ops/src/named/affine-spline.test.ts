import { useBackend } from "@pushforward/backend";
import { createKey, ShapeError } from "@pushforward/core";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { affineSpline } from "../index.ts";

const BINS = 3;
const SIZE = 3 * BINS + 3;

for (const backend of ["cpu", "wasm"] as const) {
  describe(backend, () => {
    beforeAll(() => useBackend(backend));

    const inverse = { bins: BINS, bound: 2, inverse: true };
    const forward = { bins: BINS, bound: 2 };

    test("the inverse undoes it, and its log-slope is the negative, inside the box and on the tails", () => {
      tf.tidy(() => {
        const x = tf.linspace(-6, 6, 49);
        const p = tf.tensor2d(createKey(2).normal(49 * SIZE), [49, SIZE]);
        const [z, logDet] = affineSpline(x, p, forward);
        const [back, backLogDet] = affineSpline(z, p, inverse);
        const worst = (difference: tf.Tensor): number => tf.max(tf.abs(difference)).dataSync()[0] as number;
        expect(worst(tf.sub(back, x))).toBeLessThan(1e-4);
        expect(worst(tf.add(backLogDet, logDet))).toBeLessThan(1e-4);
      });
    });

    test.each([forward, inverse])("gradients are the slopes of values and log-slopes, %j", (options) => {
      tf.tidy(() => {
        const x = tf.tensor1d([-5, -1.5, 0.3, 1, 4.5]);
        const p = tf.mul(tf.tensor1d(createKey(3).normal(SIZE)), 0.5);
        const f = (a: tf.Tensor, b: tf.Tensor): tf.Tensor => {
          const [z, logDet] = affineSpline(a, b, options);
          return tf.add(tf.sum(tf.mul(z, [1, -2, 0.5, 1, 3])), tf.sum(tf.mul(logDet, [0.3, 1, 2, -1, 1])));
        };
        const [dx, dp] = tf.grads(f)([x, p]);
        const at = (a: tf.Tensor, b: tf.Tensor): number => f(a, b).dataSync()[0] as number;
        const check = (gradient: tf.Tensor | undefined, moved: (by: tf.Tensor) => number, size: number): void => {
          for (let k = 0; k < size; k++) {
            const step = tf.mul(tf.oneHot(tf.scalar(k, "int32"), size), 4e-3);
            const slope = (moved(step as tf.Tensor) - moved(tf.neg(step))) / 8e-3;
            const error = Math.abs((gradient?.dataSync()[k] as number) - slope);
            expect(error / Math.max(1, Math.abs(slope)), `${k}`).toBeLessThan(3e-3);
          }
        };
        check(dx, (by) => at(tf.add(x, by), p), 5);
        check(dp, (by) => at(x, tf.add(p, by)), SIZE);
      });
    });

    test("nothing leaks, forward and backward; shapes that do not fit are named", () => {
      const [x, p] = [tf.tensor1d([0.5, 7]), tf.zeros([2, SIZE])];
      const before = tf.memory().numTensors;
      for (const options of [forward, inverse]) {
        tf.dispose(affineSpline(x, p, options));
        tf.dispose(tf.grads((v, q) => tf.sum(affineSpline(v as tf.Tensor, q as tf.Tensor, options)[1]))([x, p]));
      }
      expect(tf.memory().numTensors).toBe(before);
      expect(() => affineSpline(x, x, forward)).toThrow(
        new ShapeError("affineSpline: expected parameters [...batch, 12] for x [2], got [2]."),
      );
      tf.dispose([x, p]);
    });
  });
}
