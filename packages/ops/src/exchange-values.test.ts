import { useBackend } from "@pushforward/backend";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { exchangeValues, kernelMemory } from "./index.ts";

const variable = (values: number[]): tf.Variable => tf.tidy(() => tf.variable(tf.tensor(values), false));
const read = (tensor: tf.Tensor): number[] => Array.from(tensor.dataSync());

/** Runs `f` without the kernel. */
function plainly<T>(backend: string, f: () => T): T {
  const kernel = tf.getKernel("PushforwardExchange", backend);
  tf.unregisterKernel("PushforwardExchange", backend);
  try {
    return f();
  } finally {
    tf.registerKernel(kernel);
  }
}

describe.each(["cpu", "wasm"] as const)("exchangeValues on %s", (backend) => {
  beforeAll(() => useBackend(backend));

  test.each(["kernel", "plain operations"])(
    "by %s: pairs get the values of each other, and no tensors are left",
    (by) => {
      const [a, b, c, d] = [[1, 2, 3], [4, 5, 6], [7], [8]].map(variable) as [
        tf.Variable,
        tf.Variable,
        tf.Variable,
        tf.Variable,
      ];
      const clone = tf.clone(a);
      const own = b.dataSync();
      const before = tf.memory();
      const exchange = (): void =>
        exchangeValues([
          [a, b],
          [c, d],
        ]);
      const run = by === "kernel" ? exchange : () => plainly(backend, exchange);
      run();
      expect([a, b, c, d].map(read)).toEqual([[4, 5, 6], [1, 2, 3], [8], [7]]);
      expect([read(clone), Array.from(own)]).toEqual([
        [1, 2, 3],
        [4, 5, 6],
      ]);
      run();
      run();
      expect([a, b, c, d].map(read)).toEqual([[4, 5, 6], [1, 2, 3], [8], [7]]);
      expect(tf.memory().numTensors).toBe(before.numTensors);
      tf.dispose([a, b, c, d, clone]);
    },
  );

  test("matrix products see the new values", () => {
    const matrix = (values: number[]): tf.Variable => tf.tidy(() => tf.variable(tf.tensor2d(values, [2, 2]), false));
    const [x, a, b] = [matrix([1, 2, 3, 4]), matrix([1, 0, 0, 1]), matrix([0, 1, 1, 0])];
    const product = (): number[] => tf.tidy(() => read(tf.matMul(x, a as unknown as tf.Tensor2D)));
    for (let i = 0; i < 2; i++) {
      expect(product()).toEqual([1, 2, 3, 4]);
      exchangeValues([[a, b]]);
      expect(product()).toEqual([2, 1, 4, 3]);
      exchangeValues([[a, b]]);
    }
    tf.dispose([x, a, b]);
  });
});

test("on wasm the memory stays where it is", async () => {
  await useBackend("wasm");
  const [a, b] = [variable([1, 2]), variable([3, 4])];
  const places = (): number[] => [a, b].map((info) => kernelMemory(tf.backend()).values(info).byteOffset);
  const before = places();
  exchangeValues([[a, b]]);
  expect(places()).toEqual(before);
  tf.dispose([a, b]);
});

test("variables of another backend come along", async () => {
  await useBackend("cpu");
  const [a, b] = [variable([1, 2]), variable([3, 4])];
  await useBackend("wasm");
  exchangeValues([[a, b]]);
  await useBackend("cpu");
  expect([read(a), read(b)]).toEqual([
    [3, 4],
    [1, 2],
  ]);
  exchangeValues([[a, b]]);
  expect([read(a), read(b)]).toEqual([
    [1, 2],
    [3, 4],
  ]);
  tf.dispose([a, b]);
});
