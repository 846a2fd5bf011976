import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "vitest";
import { useBackend } from "../index.ts";

beforeAll(() => useBackend("cpu"));

test("tensors are repeated along some of their axes", () => {
  tf.tidy(() => {
    const x = tf.tensor2d([1, 2, 3, 4], [2, 2], "int32");
    expect(tf.tile(x, [1, 2]).arraySync()).toEqual([
      [1, 2, 1, 2],
      [3, 4, 3, 4],
    ]);
    expect(tf.tile(x, [2, 1]).arraySync()).toEqual([
      [1, 2],
      [3, 4],
      [1, 2],
      [3, 4],
    ]);
    expect(tf.tile(tf.reshape(x, [2, 1, 2]), [2, 3, 1]).dataSync()).toEqual(
      Int32Array.of(...[1, 2, 1, 2, 1, 2], ...[3, 4, 3, 4, 3, 4], ...[1, 2, 1, 2, 1, 2], ...[3, 4, 3, 4, 3, 4]),
    );
    expect(tf.tile(tf.tensor1d(["a", "b"]), [2]).dataSync()).toEqual(["a", "b", "a", "b"]);
  });
});
