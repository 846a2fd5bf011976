import { useBackend } from "@pushforward/backend";
import { maxError } from "@pushforward/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "vitest";
import { matrixExponential } from "./matrix-exponential.ts";

beforeAll(() => useBackend("cpu"));

// scipy.linalg.expm 1.15
test("agrees with SciPy where many squarings are needed", () => {
  const a = tf.tensor2d([3, -7, 2, 1, 4, 6, -5, 0.5, 1], [3, 3]);
  const expected = [
    742.753519, -1437.47042, -1025.37493, -693.27247, 1343.67359, 956.94035, -581.751534, 1128.14131, 805.008415,
  ];
  expect(maxError(matrixExponential(a), expected)).toBeLessThan(1e-6);
});

test("zeros give the identity, what is not finite NaN", () => {
  expect(maxError(matrixExponential(tf.zeros([2, 2])), [1, 0, 0, 1])).toBe(0);
  const values = matrixExponential(tf.tensor2d([Number.NaN, 0, 0, 1], [2, 2])).dataSync();
  expect([...values].every(Number.isNaN)).toBe(true);
});
