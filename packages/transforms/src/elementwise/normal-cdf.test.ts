import { useBackend } from "@pushforward/backend";
import { maxError } from "@pushforward/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "vitest";
import { NormalCdf } from "./normal-cdf.ts";

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
