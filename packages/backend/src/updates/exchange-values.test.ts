import { exchangeValues } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { useBackend } from "../index.ts";
import { kernelMemory } from "../memory/kernel-memory.ts";

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

  test.each(["kernel", "plain operations"])("by %s: to and fro, and no tensors are left", (by) => {
    const [waiting, a, b] = [variable([1, 2, 3, 4]), variable([5, 6, 7]), variable([8])];
    const run = (): void => {
      const exchange = (): void => exchangeValues(waiting, [a, b]);
      if (by === "kernel") exchange();
      else plainly(backend, exchange);
    };
    for (const keep of [(t: tf.Tensor) => tf.clone(t), (t: tf.Tensor) => t.dataSync()]) {
      const kept = [waiting, a].map((t): tf.Tensor | ArrayLike<number> => keep(t));
      const before = tf.memory().numTensors;
      run();
      expect([waiting, a, b].map(read)).toEqual([[5, 6, 7, 8], [1, 2, 3], [4]]);
      expect(tf.memory().numTensors).toBe(before);
      expect(kept.map((k) => (k instanceof tf.Tensor ? read(k) : Array.from(k)))).toEqual([
        [1, 2, 3, 4],
        [5, 6, 7],
      ]);
      run();
      expect([waiting, a, b].map(read)).toEqual([[1, 2, 3, 4], [5, 6, 7], [8]]);
      for (const k of kept) if (k instanceof tf.Tensor) k.dispose();
    }
    tf.dispose([waiting, a, b]);
  });

  test("matrix products see the new values", () => {
    const matrix = (values: number[]): tf.Variable<tf.Rank.R2> =>
      tf.tidy(() => tf.variable(tf.tensor2d(values, [2, 2]), false));
    const [x, a, waiting] = [matrix([1, 2, 3, 4]), matrix([1, 0, 0, 1]), variable([0, 1, 1, 0])];
    const product = (): number[] => tf.tidy(() => read(tf.matMul(x, a)));
    for (let i = 0; i < 2; i++) {
      expect(product()).toEqual([1, 2, 3, 4]);
      exchangeValues(waiting, [a]);
      expect(product()).toEqual([2, 1, 4, 3]);
      exchangeValues(waiting, [a]);
    }
    tf.dispose([x, a, waiting]);
  });
});

test("on wasm the memory stays where it is", async () => {
  await useBackend("wasm");
  const [waiting, a] = [variable([1, 2]), variable([3, 4])];
  const places = (): number[] => [waiting, a].map((info) => kernelMemory(tf.backend()).values(info).byteOffset);
  const before = places();
  exchangeValues(waiting, [a]);
  expect(places()).toEqual(before);
  tf.dispose([waiting, a]);
});

test("variables of another backend come along", async () => {
  await useBackend("cpu");
  const [waiting, a] = [variable([1, 2]), variable([3, 4])];
  for (const backend of ["wasm", "cpu"] as const) {
    const before = [read(waiting), read(a)];
    await useBackend(backend);
    exchangeValues(waiting, [a]);
    expect([read(a), read(waiting)]).toEqual(before);
  }
  tf.dispose([waiting, a]);
});
