import { useBackend } from "@pushforward/backend";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { LawError, maxError } from "../index.ts";

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;

test.each([
  [[1.5], [1], 0.5],
  [[0.5, 3], [0.25, 3], 0.25],
  [[110], [100], 0.1],
  [[-90], [-100], 0.1],
  [[inf, -inf, nan], [inf, -inf, nan], 0],
  [[nan], [1], inf],
  [[1], [nan], inf],
  [[inf], [-inf], inf],
  [[1], [inf], inf],
  [[], [], 0],
])("maxError(%j, %j) = %d", (got, expected, error) => {
  expect(maxError(got, expected)).toBeCloseTo(error, 14);
});

test("sizes must agree", () => {
  expect(() => maxError([1, 2], [1])).toThrow(LawError);
  expect(() => maxError([1, 2], [1])).toThrow("maxError: expected 1 values, got 2.");
});

for (const backend of ["cpu", "wasm"] as const) {
  describe(backend, () => {
    beforeAll(() => useBackend(backend));

    test("takes tensors, and leaves them alone", () => {
      const a = tf.tensor2d([[1, 2]]);
      const b = tf.tensor1d([1, 4]);
      expect(maxError(a, b)).toBe(0.5);
      expect(maxError([1, 4], b)).toBe(0);
      expect(a.isDisposed || b.isDisposed).toBe(false);
      tf.dispose([a, b]);
    });
  });
}
