import { useBackend } from "@pushforward/backend";
import { createKey } from "@pushforward/core";
import { maxError } from "@pushforward/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "vitest";
import { svdLinear } from "./svd-linear.ts";

beforeAll(() => useBackend("cpu"));

function rows(): tf.Tensor {
  return tf.tensor2d([0.5, -1.25, 2, 1.5, 0.25, -0.75], [2, 3]);
}

// NumPy 2.2 in float64: Q(SQx + b).
test("agrees with NumPy", () => {
  using map = svdLinear({ features: 3, reflections: 3 });
  for (const at of [0, 2]) map.parameters().get(`layers.${at}.vectors`)?.write([1, 2, -1, 0.5, -1, 3, 2, 0.1, 0.4]);
  map.parameters().get("layers.1.scale")?.write([0.3, -0.5, 1]);
  map.parameters().get("layers.1.shift")?.write([0.5, -1, 2]);
  const [y, logDet] = map.forwardAndLogDet(rows());
  const expected = [1.54294229, -1.32734411, -0.329513097, -2.32570468, 0.795419146, -0.720351716];
  expect(maxError(y, expected)).toBeLessThan(1e-6);
  expect(maxError(logDet, [0.396506162, 0.396506162])).toBeLessThan(1e-6);
});

test("starts at the identity, its orthogonal matrices differ with a key", () => {
  using map = svdLinear({ features: 3, key: createKey(2) });
  expect(maxError(map.forward(rows()), rows())).toBeLessThan(1e-6);
  const vectors = [0, 2].map((at) => map.parameters().get(`layers.${at}.vectors`)?.read());
  expect(vectors[0]).not.toEqual(vectors[1]);
});
