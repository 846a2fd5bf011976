import { useBackend } from "@pushforward/backend";
import { createKey } from "@pushforward/core";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { type AverageTarget, averageUpdate } from "./index.ts";

const key = createKey(31);
const decays = [2 / 11, 0.5, 0.9, 0.99, 0];
const sizes = [1, 2, 3, 4, 5, 8, 33, 1000];

function variable(values: ArrayLike<number>): tf.Variable {
  return tf.tidy(() => tf.variable(tf.tensor(Float32Array.from(values)), false));
}

function target(average: ArrayLike<number>, value: ArrayLike<number>): AverageTarget {
  return { average: variable(average), value: variable(value) };
}

const read = (tensor: tf.Tensor): number[] => Array.from(tensor.dataSync());

function dispose(targets: readonly AverageTarget[]): void {
  for (const { average, value } of targets) tf.dispose([average, value]);
}

/** The averages of targets of many sizes after some updates. */
function someUpdates(): number[][] {
  const targets = sizes.map((n) => target(key.fold(n).normal(n), key.fold(-n).normal(n)));
  for (const decay of decays) averageUpdate(targets, decay);
  const result = targets.map(({ average }) => read(average));
  dispose(targets);
  return result;
}

/** Runs `f` without the kernel. */
function plainly<T>(backend: string, f: () => T): T {
  const kernel = tf.getKernel("PushforwardAverage", backend);
  tf.unregisterKernel("PushforwardAverage", backend);
  try {
    return f();
  } finally {
    tf.registerKernel(kernel);
  }
}

describe.each(["cpu", "wasm"] as const)("averageUpdate on %s", (backend) => {
  beforeAll(() => useBackend(backend));

  test("is the weighted mean of average and value", () => {
    const one = target([1, -2, 0.5, 8, 3], [3, 2, 0.5, 0, -1]);
    averageUpdate([one], 0.75);
    expect(read(one.average)).toEqual([1.5, -1, 0.5, 6, 2]);
    averageUpdate([one], 0.25);
    expect(read(one.average)).toEqual([2.625, 1.25, 0.5, 1.5, -0.25]);
    expect(read(one.value)).toEqual([3, 2, 0.5, 0, -1]);
    averageUpdate([one], 0);
    expect(read(one.average)).toEqual(read(one.value));
    dispose([one]);
  });

  test("the kernel and plain operations give the same bits, close to float64, and leave no tensors", () => {
    const before = tf.memory();
    const fused = someUpdates();
    expect(plainly(backend, someUpdates)).toEqual(fused);
    for (const [k, n] of sizes.entries()) {
      const values = key.fold(-n).normal(n);
      const exact = Array.from(key.fold(n).normal(n));
      for (const decay of decays) {
        for (const [i, a] of exact.entries()) exact[i] = decay * a + (1 - decay) * (values[i] as number);
      }
      for (const [i, a] of exact.entries()) {
        expect(Math.abs((fused[k]?.[i] as number) - a)).toBeLessThan(1e-6 * Math.max(1, Math.abs(a)));
      }
    }
    const { numTensors, numBytes, numDataBuffers } = tf.memory();
    expect([numTensors, numBytes, numDataBuffers]).toEqual([before.numTensors, before.numBytes, before.numDataBuffers]);
  });

  test("what shares the data of an average, or was read from it, keeps its values", () => {
    for (const run of [(f: () => void) => f(), (f: () => void) => plainly(backend, f)]) {
      for (const keep of [(t: tf.Tensor) => tf.clone(t), (t: tf.Tensor) => t.dataSync()]) {
        const one = target([1, 2, 3, 4], [0, 0, 0, 0]);
        const kept = keep(one.average);
        run(() => averageUpdate([one], 0.5));
        expect(kept instanceof tf.Tensor ? read(kept) : Array.from(kept)).toEqual([1, 2, 3, 4]);
        expect(read(one.average)).toEqual([0.5, 1, 1.5, 2]);
        if (kept instanceof tf.Tensor) kept.dispose();
        dispose([one]);
      }
    }
  });
});

test("averages are the same bits on cpu and wasm, and follow a switch of the backend", async () => {
  const results: number[][] = [];
  for (const order of [
    ["cpu", "cpu", "cpu"],
    ["wasm", "wasm", "wasm"],
    ["cpu", "wasm", "cpu"],
    ["wasm", "cpu", "wasm"],
  ] as const) {
    await useBackend(order[0]);
    const one = target(key.normal(37), key.fold("value").normal(37));
    for (const backend of order) {
      await useBackend(backend);
      averageUpdate([one], 0.9);
    }
    results.push(read(one.average));
    dispose([one]);
  }
  for (const other of results.slice(1)) expect(other).toEqual(results[0]);
});
