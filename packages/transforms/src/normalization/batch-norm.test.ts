import { useBackend } from "@pushforward/backend";
import { createKey, type Key } from "@pushforward/core";
import { withTraining } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { BACKENDS } from "../../../testing/test/deep.ts";
import { BatchNorm } from "./batch-norm.ts";

const key: Key = createKey(3);
const ROWS = 40;
const rows = (): tf.Tensor => tf.add(tf.mul(tf.tensor2d(key.normal(2 * ROWS), [ROWS, 2]), [2, 0.5]), [3, -1]);

for (const backend of BACKENDS) {
  describe(backend, () => {
    beforeAll(() => useBackend(backend));

    test("a step of training normalizes its batch and moves the averages; outside of one they stay", () => {
      tf.tidy(() => {
        using layer = new BatchNorm({ features: 2, momentum: 0.25 });
        const read = (name: string): number[] => [...(layer.parameters().get(name)?.read() ?? [])];
        const x = rows();
        layer.inverse(x);
        expect(read("mean")).toEqual([0, 0]);
        const [u, logDet] = withTraining(layer, key, () => layer.inverseAndLogDet(x));
        const { mean, variance } = tf.moments(u, 0);
        for (const value of mean.dataSync()) expect(Math.abs(value)).toBeLessThan(1e-5);
        for (const value of variance.dataSync()) expect(value).toBeCloseTo(1, 3);
        const ofRows = tf.moments(x, 0);
        const [v0, v1] = ofRows.variance.dataSync() as unknown as [number, number];
        expect(logDet.dataSync()[0]).toBeCloseTo(-0.5 * (Math.log(v0 + 1e-5) + Math.log(v1 + 1e-5)), 4);
        const [m0, m1] = ofRows.mean.dataSync() as unknown as [number, number];
        expect(read("mean")[0]).toBeCloseTo(0.25 * m0, 5);
        expect(read("mean")[1]).toBeCloseTo(0.25 * m1, 5);
        expect(read("variance")[0]).toBeCloseTo(0.75 + (0.25 * v0 * ROWS) / (ROWS - 1), 4);
        const after = read("mean");
        withTraining(layer, key, () => layer.inverse(tf.slice(x, [0, 0], [1, 2])));
        withTraining(new BatchNorm({ features: 2 }), key, () => layer.inverse(x));
        expect(read("mean")).toEqual(after);
      });
    });

    test("gradients in training go through the statistics of the batch", () => {
      tf.tidy(() => {
        using layer = new BatchNorm({ features: 2 });
        const weights = tf.tensor2d(key.fold("w").normal(2 * ROWS), [ROWS, 2]);
        const loss = (x: tf.Tensor): tf.Tensor => {
          const [u, logDet] = withTraining(layer, key, () => layer.inverseAndLogDet(x));
          return tf.add(tf.sum(tf.mul(weights, u)), tf.mean(logDet));
        };
        const x = rows();
        const slopes = tf.grad(loss)(x).dataSync();
        for (const at of [0, 1, 17]) {
          const step = new Float32Array(2 * ROWS);
          step[at] = 1e-2;
          const moved = (sign: number): number =>
            loss(tf.add(x, tf.mul(sign, tf.tensor2d(step, [ROWS, 2])))).dataSync()[0] as number;
          const difference = (moved(1) - moved(-1)) / 2e-2;
          expect(Math.abs((slopes[at] as number) - difference)).toBeLessThan(2e-2 * Math.max(1, Math.abs(difference)));
        }
      });
    });
  });
}

test("options out of range", () => {
  expect(() => new BatchNorm({ features: 0 })).toThrow("expected features");
  expect(() => new BatchNorm({ features: 1, momentum: 0 })).toThrow("expected momentum above 0");
  expect(() => new BatchNorm({ features: 1, epsilon: 0 })).toThrow("expected epsilon above 0");
});
