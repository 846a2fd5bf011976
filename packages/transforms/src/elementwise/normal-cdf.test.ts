import { useBackend } from "@pushforward/backend";
import { maxError } from "@pushforward/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "vitest";
import { logNormalCdf, NormalCdf, normalQuantile } from "./normal-cdf.ts";

beforeAll(() => useBackend("cpu"));

test("both tails are those of SciPy", () => {
  using map = new NormalCdf();
  // scipy.stats.norm.cdf and ppf 1.15; the ppf of the float32 numbers.
  const y = [...map.forward(tf.tensor1d([-30, -5, -1, 0, 1.5, 4])).dataSync()] as number[];
  expect(y[0]).toBe(0);
  expect(Math.abs((y[1] as number) / 2.86651572e-7 - 1)).toBeLessThan(1e-6);
  expect(maxError(y.slice(2), [0.158655254, 0.5, 0.933192799, 0.999968329])).toBeLessThan(1e-7);
  const x = map.inverse(tf.tensor1d([1e-30, 1e-5, 0.2, 0.5, 0.975, 0.9999]));
  expect(maxError(x, [-11.4640247, -4.2648908, -0.841621223, 0, 1.95996439, 3.71897457])).toBeLessThan(1e-6);
  expect(map.support).toBe(map);
});

test("outside of (0, 1) is nothing", () => {
  using map = new NormalCdf();
  const [x, logDet] = map.inverseAndLogDet(tf.tensor1d([0, 1, -0.1, 1.1]));
  expect([...x.dataSync()].every(Number.isFinite)).toBe(true);
  expect([...logDet.dataSync()].map(Number.isFinite)).toEqual([true, true, false, false]);
});

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
