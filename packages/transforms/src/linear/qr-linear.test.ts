import { useBackend } from "@pushforward/backend";
import { maxError } from "@pushforward/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "vitest";
import { qrLinear } from "./qr-linear.ts";

beforeAll(() => useBackend("cpu"));

function rows(): tf.Tensor {
  return tf.tensor2d([0.5, -1.25, 2, 1.5, 0.25, -0.75], [2, 3]);
}

// NumPy 2.2 in float64: Q(Rx + b).
test("agrees with NumPy", () => {
  using map = qrLinear({ features: 3, reflections: 3 });
  map.parameters().get("layers.0.weight")?.write([0.3, -0.8, 0.45, 0.6, -1.1, 0.2, -0.35, 0.75, 0.9]);
  map.parameters().get("layers.0.shift")?.write([0.5, -1, 2]);
  map.parameters().get("layers.1.vectors")?.write([1, 2, -1, 0.5, -1, 3, 2, 0.1, 0.4]);
  const [y, logDet] = map.forwardAndLogDet(rows());
  const expected = [-4.93670177, 2.04387896, -3.15873938, -0.555577308, 1.46836159, -1.51424967];
  expect(maxError(y, expected)).toBeLessThan(1e-6);
  expect(maxError(logDet, [-0.108181854, -0.108181854])).toBeLessThan(1e-6);
});

test("starts at the identity", () => {
  using map = qrLinear({ features: 3 });
  expect(maxError(map.forward(rows()), rows())).toBeLessThan(1e-6);
});
