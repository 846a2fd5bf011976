import { useBackend } from "@pushforward/backend";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { overflowToMinusInfinity } from "./reductions.ts";

const NaN_ = Number.NaN;
const inf = Number.POSITIVE_INFINITY;

describe.each(["cpu", "wasm"] as const)("%s", (backend) => {
  beforeAll(() => useBackend(backend));

  test("what overflowed far away is −Infinity, and all else stays", () => {
    const x = tf.tensor2d([
      [0, 1],
      [0, 1],
      [0, 1e30],
      [-inf, 1],
      [NaN_, 1e30],
      [1e30, 1e30],
    ]);
    const logProb = tf.tensor1d([-1, NaN_, NaN_, inf, NaN_, -70]);
    const settled = overflowToMinusInfinity(logProb, x, 1);
    expect([...settled.dataSync()]).toEqual([-1, NaN_, -inf, -inf, NaN_, -70]);
    tf.dispose([x, logProb, settled]);
  });

  test("events of a batch and a single event", () => {
    const x = tf.tensor([1e30, 0], [2, 1, 1]);
    const logProb = tf.tensor2d([
      [NaN_, -1, inf],
      [-1, NaN_, -2],
    ]);
    expect([...overflowToMinusInfinity(logProb, x, 1).dataSync()]).toEqual([-inf, -1, -inf, -1, NaN_, -2]);
    expect([...overflowToMinusInfinity(tf.scalar(NaN_), tf.scalar(1e9), 0).dataSync()]).toEqual([-inf]);
  });

  test("finite log-densities come back as they are", () => {
    const logProb = tf.tensor1d([-1, -inf]);
    expect(overflowToMinusInfinity(logProb, tf.tensor2d([[0], [1e30]]), 1)).toBe(logProb);
  });
});
