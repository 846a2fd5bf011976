import { useBackend } from "@pushforward/backend";
import { maxError } from "@pushforward/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "vitest";
import { logNormalCdf, normalQuantile } from "./normal-functions.ts";

beforeAll(() => useBackend("cpu"));

// scipy.stats.norm.logcdf 1.15
test("log Φ agrees with SciPy, its gradient with φ/Φ", () => {
  const z = tf.tensor1d([-30, -5, -1, 0, 1.5, 4]);
  const expected = [-454.321244, -15.0649984, -1.84102165, -Math.LN2, -0.0691434556, -3.16717434e-5];
  expect(maxError(logNormalCdf(z), expected)).toBeLessThan(1e-6);
  const slope = tf.grad(logNormalCdf)(tf.tensor1d([-1000, -1, 0, 2]));
  expect(maxError(slope, [1000.000999998, 1.5251352761609807, 0.7978845608028654, 0.05524786])).toBeLessThan(1e-6);
});

test("the quantile returns from log-probabilities that no float holds as probabilities", () => {
  const z = tf.tensor1d([-1000, -40, -0.1, 0, 0.1, 40]);
  const back = normalQuantile(logNormalCdf(z), logNormalCdf(tf.neg(z)));
  expect(maxError(back, z)).toBeLessThan(1e-6);
});
