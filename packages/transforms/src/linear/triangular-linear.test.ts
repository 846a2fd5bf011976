import { useBackend } from "@pushforward/backend";
import { OptionError } from "@pushforward/core";
import { maxError } from "@pushforward/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "vitest";
import { TriangularLinear } from "./triangular-linear.ts";

beforeAll(() => useBackend("cpu"));

function rows(): tf.Tensor {
  return tf.tensor2d([0.5, -1.25, 2, 1.5, 0.25, -0.75], [2, 3]);
}

// NumPy 2.2 in float64, d = log(1 + exp(raw + log(e − 1))).
test.each([
  ["lower", [1.09989772, -1.20547046, 4.6733828, 2.29969317, 0.192897724, 0.21464232]],
  ["upper", [2.99989772, -1.1654091, 5.30740382, 1.76219317, -1.03691818, 0.759723566]],
] as const)("%s agrees with NumPy", (triangle, expected) => {
  using map = new TriangularLinear({ features: 3, triangle });
  map.parameters().get("weight")?.write([0.3, -0.8, 0.45, 0.6, -1.1, 0.2, -0.35, 0.75, 0.9]);
  map.parameters().get("shift")?.write([0.5, -1, 2]);
  const [y, logDet] = map.forwardAndLogDet(rows());
  expect(maxError(y, expected)).toBeLessThan(1e-6);
  expect(maxError(logDet, [-0.108181854, -0.108181854])).toBeLessThan(1e-6);
  expect(maxError(map.inverse(y), rows())).toBeLessThan(2e-6);
});

test("errors", () => {
  expect(() => new TriangularLinear({ features: 2, triangle: "left" as never })).toThrow(
    new OptionError('TriangularLinear: expected triangle to be "lower" or "upper", got "left".'),
  );
});
