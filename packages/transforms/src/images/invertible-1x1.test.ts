import { useBackend } from "@pushforward/backend";
import { createKey } from "@pushforward/core";
import { inverse, logAbsDet } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { BACKENDS } from "../../../testing/test/deep.ts";
import { invertible1x1 } from "./invertible-1x1.ts";

describe.each(BACKENDS)("%s", (backend) => {
  beforeAll(() => useBackend(backend));

  test("is conv2d of TensorFlow.js with one matrix, whose log-det counts once for each pixel", () => {
    using mix = invertible1x1({ channels: 3, key: createKey(5) });
    // The rows of the matrix are what it makes of the unit vectors.
    const matrix = mix.forward(tf.reshape(tf.eye(3), [3, 1, 1, 3]));
    const x = tf.tensor4d(createKey(6).normal(2 * 4 * 5 * 3), [2, 4, 5, 3]);
    const expected = tf.conv2d(x, tf.reshape(matrix, [1, 1, 3, 3]) as tf.Tensor4D, 1, "valid").dataSync();
    const [y, logDet] = mix.forwardAndLogDet(x);
    for (const [i, value] of y.dataSync().entries()) expect(value).toBeCloseTo(expected[i] as number, 5);
    const single = logAbsDet(tf.reshape(matrix, [3, 3])).dataSync()[0] as number;
    for (const value of logDet.dataSync()) expect(value).toBeCloseTo(20 * single, 4);
    const back = tf.conv2d(
      y as tf.Tensor4D,
      tf.reshape(inverse(tf.reshape(matrix, [3, 3])), [1, 1, 3, 3]) as tf.Tensor4D,
      1,
      "valid",
    );
    const found = mix.inverse(y).dataSync();
    for (const [i, value] of back.dataSync().entries()) expect(found[i]).toBeCloseTo(value, 4);
  });
});
