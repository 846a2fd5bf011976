import { useBackend } from "@pushforward/backend";
import { createKey, OptionError } from "@pushforward/core";
import { maxError } from "@pushforward/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "vitest";
import { HouseholderLinear } from "./householder-linear.ts";

beforeAll(() => useBackend("cpu"));

function rows(): tf.Tensor {
  return tf.tensor2d([0.5, -1.25, 2, 1.5, 0.25, -0.75], [2, 3]);
}

// NumPy 2.2 in float64: the product of the three reflections.
test("agrees with NumPy", () => {
  using map = new HouseholderLinear({ features: 3, reflections: 3 });
  map.parameters().get("vectors")?.write([1, 2, -1, 0.5, -1, 3, 2, 0.1, 0.4]);
  const expected = [-1.55983506, 0.0318915599, -1.83804176, 0.507589051, 1.60830848, 0.175206177];
  expect(maxError(map.forward(rows()), expected)).toBeLessThan(1e-6);
});

test("pairs start at the identity, with a key too", () => {
  using plain = new HouseholderLinear({ features: 3 });
  using random = new HouseholderLinear({ features: 3, key: createKey(1) });
  expect(maxError(plain.forward(rows()), rows())).toBeLessThan(1e-6);
  expect(maxError(random.forward(rows()), rows())).toBeLessThan(1e-6);
});

test("a vector of zeros reflects nothing", () => {
  using map = new HouseholderLinear({ features: 3, reflections: 1 });
  map.parameters().get("vectors")?.write([0, 0, 0]);
  expect(maxError(map.forward(rows()), rows())).toBe(0);
});

test("errors", () => {
  expect(() => new HouseholderLinear({ features: 2, reflections: 0 })).toThrow(
    new OptionError("HouseholderLinear: expected reflections to be an integer of at least 1, got 0."),
  );
});
