import { useBackend } from "@pushforward/backend";
import { maxError } from "@pushforward/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { BACKENDS } from "../../testing/test/deep.ts";
import { type IncreasingMap, monotoneInverse } from "./roots.ts";

/** x³ + x/1000: flat at 0, steep elsewhere. */
const cubic: IncreasingMap = (x) => [
  tf.add(tf.mul(tf.square(x), x), tf.mul(x, 1e-3)),
  tf.log(tf.add(tf.mul(tf.square(x), 3), 1e-3)),
];

/** Two steps with a plateau of slope 1e-9 between −30 and 30. */
const steps: IncreasingMap = (x) => {
  const [a, b] = [tf.sigmoid(tf.add(x, 30)), tf.sigmoid(tf.sub(x, 30))];
  const slope = (s: tf.Tensor): tf.Tensor => tf.mul(s, tf.sub(1, s));
  return [tf.add(tf.add(a, b), tf.mul(x, 1e-9)), tf.log(tf.add(tf.add(slope(a), slope(b)), 1e-9))];
};

for (const backend of BACKENDS) {
  describe(backend, () => {
    beforeAll(() => useBackend(backend));

    test("finds roots far out, at flat places and behind plateaus", () => {
      const x = [-1e6, -20, -1e-3, 0, 0.1, 3, 1e10];
      expect(maxError(monotoneInverse(cubic, cubic(tf.tensor1d(x))[0]), x)).toBeLessThan(1e-6);
      const y = tf.tensor1d([0.25, 0.75, 1.25, 1.75]);
      expect(maxError(steps(monotoneInverse(steps, y))[0], y)).toBeLessThan(1e-6);
    });

    test("NaN gives NaN and disturbs nothing; what is out of reach gives the ends", () => {
      const found = monotoneInverse((x) => [tf.tanh(x), tf.zerosLike(x)], tf.tensor1d([Number.NaN, 0.5, 2, -2]));
      const [nan, inside, above, below] = [...found.dataSync()] as [number, number, number, number];
      expect(nan).toBeNaN();
      expect(Math.abs(inside - Math.atanh(0.5))).toBeLessThan(1e-6);
      expect(above).toBeGreaterThan(1e37);
      expect(below).toBeLessThan(-1e37);
    });

    test("gradients are those of the implicit function", () => {
      // a·x + x³ = y: dx/dy = 1/(a + 3x²), dx/da = −x/(a + 3x²).
      const solve = (a: tf.Tensor, y: tf.Tensor): tf.Tensor =>
        monotoneInverse((x) => [tf.add(tf.mul(a, x), tf.pow(x, 3)), tf.log(tf.add(a, tf.mul(tf.square(x), 3)))], y);
      const [da, dy] = tf.grads(solve)([tf.scalar(2), tf.tensor1d([3, 12])]) as [tf.Tensor, tf.Tensor];
      expect(maxError(dy, [1 / 5, 1 / 14])).toBeLessThan(1e-6);
      expect(maxError(da, [-1 / 5 - 2 / 14])).toBeLessThan(1e-6);
    });

    test("no tensor is left", () => {
      const y = tf.tensor1d([1, 2]);
      const before = tf.memory().numTensors;
      monotoneInverse(cubic, y).dispose();
      expect(tf.memory().numTensors).toBe(before);
    });
  });
}
