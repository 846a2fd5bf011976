import { useBackend } from "@pushforward/backend";
import type { Parameter } from "@pushforward/core";
import { maxError } from "@pushforward/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "vitest";
import { Rotation } from "./rotation.ts";

beforeAll(() => useBackend("cpu"));

function rows(): tf.Tensor {
  return tf.tensor2d([0.5, -1.25, 2, 1.5, 0.25, -0.75], [2, 3]);
}

// scipy.linalg.expm and expm_frechet 1.15
test("value and gradient agree with SciPy", () => {
  using map = new Rotation({ features: 3 });
  const generator = map.parameters().get("generator") as Parameter;
  generator.write([0.3, -2.1, 0.9, 1.4, 0.1, -0.6, -0.8, 2.2, 0.5]);
  const expected = [-0.87346382, 1.12537236, 1.94501877, 0.792804528, -1.37192859, 0.603550265];
  expect(maxError(map.forward(rows()), expected)).toBeLessThan(1e-6);
  const cotangent = tf.tensor2d([1, 2, -1, 0.5, 0, 3, -2, 1, 1], [3, 3]);
  const { grads } = tf.variableGrads(() => {
    // Row i of forward(I) is column i of the matrix.
    return tf.sum(tf.mul(tf.transpose(map.forward(tf.eye(3))), cotangent)) as tf.Scalar;
  }, [generator.variable]);
  const slopes = [0, -0.423090945, 0.580817221, 0.423090945, 0, -0.306105916, -0.580817221, 0.306105916, 0];
  expect(maxError(grads[generator.variable.name] as tf.Tensor, slopes)).toBeLessThan(1e-6);
});

test("starts at the identity", () => {
  using map = new Rotation({ features: 3 });
  expect(maxError(map.forward(rows()), rows())).toBe(0);
});
