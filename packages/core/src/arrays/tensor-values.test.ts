import { useBackend } from "@pushforward/backend";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "vitest";
import { tensorValues } from "./tensor-values.ts";

beforeAll(() => useBackend("cpu"));

test("gives the numbers, and leaves no tensor", () => {
  const x = tf.tensor1d([1, 2, 3]);
  const before = tf.memory().numTensors;
  expect(tensorValues(() => tf.square(tf.add(x, 1)))).toEqual(Float32Array.of(4, 9, 16));
  expect(tf.memory().numTensors).toBe(before);
  x.dispose();
});

test("leaves no tensor when the function throws", () => {
  const before = tf.memory().numTensors;
  expect(() =>
    tensorValues(() => {
      tf.zeros([4]);
      throw new RangeError("no");
    }),
  ).toThrow(RangeError);
  expect(tf.memory().numTensors).toBe(before);
});
