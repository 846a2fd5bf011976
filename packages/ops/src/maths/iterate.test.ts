import { useBackend } from "@pushforward/backend";
import { type LoopBody, withTrace } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "vitest";
import { iterate } from "./iterate.ts";

beforeAll(async () => {
  await useBackend("cpu");
});

/** Halves what is above 1. */
const halve: LoopBody = ([x]) => {
  const at = x as tf.Tensor;
  const next = tf.where(tf.greater(at, 1), tf.div(at, 2), at);
  return { state: [next], goesOn: tf.greater(next, 1) };
};

test("it ends where no element goes on, and leaves its last state alone", () => {
  const before = tf.memory().numTensors;
  const start = tf.tensor1d([8, 0.5, 3]);
  const [x] = iterate([start], halve, 100) as [tf.Tensor];
  expect(Array.from(x.dataSync())).toEqual([1, 0.5, 0.75]);
  expect(Array.from(start.dataSync())).toEqual([8, 0.5, 3]);
  tf.dispose([start, x]);
  expect(tf.memory().numTensors).toBe(before);
});

test("it makes no more passes than it may", () => {
  const values = tf.tidy(() => iterate([tf.tensor1d([8])], halve, 2)[0]?.dataSync()[0]);
  expect(values).toBe(2);
});

test("where operations are written down it is theirs", () => {
  const loop = (state: readonly tf.Tensor[], _: LoopBody, most: number): tf.Tensor[] => [
    tf.mul(state[0] as tf.Tensor, most),
  ];
  const value = tf.tidy(() => withTrace({ loop }, () => iterate([tf.scalar(3)], halve, 7)[0]?.dataSync()[0]));
  expect(value).toBe(21);
});
