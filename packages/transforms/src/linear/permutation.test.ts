import { useBackend } from "@pushforward/backend";
import { createKey, ModelFileError, OptionError } from "@pushforward/core";
import { createRegistry } from "@pushforward/serialization/extend";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { BACKENDS } from "../../../testing/test/deep.ts";
import { Permutation, permutationCodec, randomPermutation, reversePermutation } from "./permutation.ts";

for (const backend of BACKENDS) {
  describe(backend, () => {
    beforeAll(() => useBackend(backend));

    test("moves feature order[i] to place i, exactly, and back", () => {
      const rotate = new Permutation({ order: [1, 2, 0] });
      const x = tf.tensor3d([[[1.1, Number.POSITIVE_INFINITY, -0.3]], [[4, 5, 6e-30]]]);
      const y = rotate.forward(x);
      expect(y.shape).toEqual([2, 1, 3]);
      expect([...y.dataSync()]).toEqual([Number.POSITIVE_INFINITY, -0.3, 1.1, 5, 6e-30, 4].map(Math.fround));
      expect([...rotate.inverse(y).dataSync()]).toEqual([...x.dataSync()]);
    });

    test("the gradient goes back to where the value came from", () => {
      const rotate = new Permutation({ order: [2, 0, 3, 1] });
      const weights = tf.tensor2d([[1, 10, 100, 1000]]);
      const gradient = tf.grad((x) => tf.sum(tf.mul(rotate.forward(x), weights)))(tf.ones([2, 4]));
      expect([...gradient.dataSync()]).toEqual([10, 1000, 1, 100, 10, 1000, 1, 100]);
      const backwards = tf.grad((x) => tf.sum(tf.mul(rotate.inverse(x), weights)))(tf.ones([1, 4]));
      expect([...backwards.dataSync()]).toEqual([100, 1, 1000, 10]);
    });
  });
}

test("reverse and random orders", () => {
  expect(reversePermutation(4).order).toEqual([3, 2, 1, 0]);
  expect(reversePermutation(1).order).toEqual([0]);
  const order = randomPermutation(16, createKey(5)).order;
  expect(order).toEqual(randomPermutation(16, createKey(5)).order);
  expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 16 }, (_, i) => i));
  expect(order).not.toEqual(randomPermutation(16, createKey(6)).order);
});

test.each([
  [[], "Permutation: expected an order of at least 1 feature, got none."],
  [[0, 2], "Permutation: expected order[1] to be an integer from 0 to 1, got 2."],
  [[0.5, 1], "Permutation: expected order[0] to be an integer from 0 to 1, got 0.5."],
  [[1, 0, 1], "Permutation: expected each of 0 to 2 once, got 1 again at order[2]."],
])("order %j is refused", (order, message) => {
  expect(() => new Permutation({ order })).toThrow(new OptionError(message));
  const config = { order };
  expect(() =>
    createRegistry(permutationCodec).decode({ type: "pushforward/permutation", version: 1, config }),
  ).toThrow(ModelFileError);
});

test("factories check their size", () => {
  expect(() => reversePermutation(0)).toThrow(
    new OptionError("reversePermutation: expected features to be an integer of at least 1, got 0."),
  );
  expect(() => randomPermutation(-1, createKey(1))).toThrow(OptionError);
});
