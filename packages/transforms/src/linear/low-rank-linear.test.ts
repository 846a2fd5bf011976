import { useBackend } from "@pushforward/backend";
import { OptionError } from "@pushforward/core";
import { maxError } from "@pushforward/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "vitest";
import { LowRankLinear } from "./low-rank-linear.ts";

beforeAll(() => useBackend("cpu"));

function rows(): tf.Tensor {
  return tf.tensor2d([0.5, -1.25, 2, 1.5, 0.25, -0.75], [2, 3]);
}

// NumPy 2.2 in float64: the matrix, slogdet and solve.
test("agrees with NumPy, both ways", () => {
  using map = new LowRankLinear({ features: 3, rank: 2 });
  map.parameters().get("rawScale")?.write([0.3, -0.5, 1]);
  map.parameters().get("factor")?.write([0.4, -1, 1.2, 0.3, -0.7, 0.8]);
  map.parameters().get("shift")?.write([0.5, -1, 2]);
  const [y, logDet] = map.forwardAndLogDet(rows());
  const forward = [-0.705102275, -4.91502883, 7.94065133, 4.89469317, 0.281005765, -1.91899425];
  expect(maxError(y, forward)).toBeLessThan(1e-6);
  expect(maxError(logDet, [2.47204391, 2.47204391])).toBeLessThan(1e-6);
  const [x, inverseLogDet] = map.inverseAndLogDet(rows());
  const inverse = [-0.00279069487, -0.118075348, -0.0257768812, -0.0111921986, 0.317993826, -0.897381862];
  expect(maxError(x, inverse)).toBeLessThan(1e-6);
  expect(maxError(inverseLogDet, [-2.47204391, -2.47204391])).toBeLessThan(1e-6);
});

test("starts close to the identity", () => {
  using map = new LowRankLinear({ features: 3, rank: 2 });
  expect(maxError(map.forward(rows()), rows())).toBeLessThan(0.02);
});

test("errors", () => {
  expect(() => new LowRankLinear({ features: 2, rank: 3 })).toThrow(
    new OptionError("LowRankLinear: expected rank to be an integer from 1 to 2, got 3."),
  );
});
