import { useBackend } from "@pushforward/backend";
import { createKey } from "@pushforward/core";
import { maxError } from "@pushforward/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "vitest";
import { LULinear } from "./lu-linear.ts";
import { pluLinear } from "./plu-linear.ts";

beforeAll(() => useBackend("cpu"));

function rows(): tf.Tensor {
  return tf.tensor2d([0.5, -1.25, 2, 1.5, 0.25, -0.75], [2, 3]);
}

test("is a permutation of an LU map; the same key gives the same", () => {
  using map = pluLinear({ features: 3, key: createKey(5) });
  using again = pluLinear({ features: 3, key: createKey(5) });
  const y = map.forward(rows());
  expect(maxError(again.forward(rows()), y)).toBe(0);
  const [lu] = map.layers as [LULinear];
  expect(lu).toBeInstanceOf(LULinear);
  const sorted = (t: tf.Tensor): number[] => [...t.dataSync()].sort();
  expect(sorted(y)).toEqual(sorted(lu.forward(rows())));
});
