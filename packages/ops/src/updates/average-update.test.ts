import { useBackend } from "@pushforward/backend";
import { createKey } from "@pushforward/core";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { averageUpdate } from "../index.ts";

const key = createKey(31);
const decays = [2 / 11, 0.5, 0.9, 0.99, 0];
const sizes = [1, 2, 3, 4, 5, 8, 33, 1000];

function variable(values: ArrayLike<number>): tf.Variable {
  return tf.tidy(() => tf.variable(tf.tensor(Float32Array.from(values)), false));
}

const read = (tensor: tf.Tensor): number[] => Array.from(tensor.dataSync());

/** The averages of values of many sizes after some updates. */
function someUpdates(): number[][] {
  const total = sizes.reduce((a, b) => a + b);
  const averages = variable(key.normal(total));
  const values = sizes.map((n) => variable(key.fold(n).normal(n)));
  const result = decays.map((decay) => {
    averageUpdate(averages, values, decay);
    return read(averages);
  });
  tf.dispose([averages, ...values]);
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

  test("are the weighted means of averages and values", () => {
    const [averages, first, second] = [variable([1, -2, 0.5, 8, 3]), variable([3, 2]), variable([0.5, 0, -1])];
    averageUpdate(averages, [first, second], 0.75);
    expect(read(averages)).toEqual([1.5, -1, 0.5, 6, 2]);
    averageUpdate(averages, [first, second], 0.25);
    expect(read(averages)).toEqual([2.625, 1.25, 0.5, 1.5, -0.25]);
    averageUpdate(averages, [first, second], 0);
    expect(read(averages)).toEqual([3, 2, 0.5, 0, -1]);
    expect([first, second].map(read)).toEqual([
      [3, 2],
      [0.5, 0, -1],
    ]);
    tf.dispose([averages, first, second]);
  });

  test("the kernel and plain operations give the same bits, close to float64, and leave no tensors", () => {
    const before = tf.memory();
    const fused = someUpdates();
    expect(plainly(backend, someUpdates)).toEqual(fused);
    const values = sizes.flatMap((n) => Array.from(key.fold(n).normal(n)));
    const exact = Array.from(key.normal(values.length));
    for (const [k, decay] of decays.entries()) {
      for (const [i, value] of values.entries()) {
        exact[i] = decay * (exact[i] as number) + (1 - decay) * value;
        const error = Math.abs((fused[k]?.[i] as number) - (exact[i] as number));
        expect(error).toBeLessThan(1e-6 * Math.max(1, Math.abs(exact[i] as number)));
      }
    }
    const { numTensors, numBytes, numDataBuffers } = tf.memory();
    expect([numTensors, numBytes, numDataBuffers]).toEqual([before.numTensors, before.numBytes, before.numDataBuffers]);
  });

  test("what shares the data of the averages, or was read from them, keeps its values", () => {
    for (const run of [(f: () => void) => f(), (f: () => void) => plainly(backend, f)]) {
      for (const keep of [(t: tf.Tensor) => tf.clone(t), (t: tf.Tensor) => t.dataSync()]) {
        const [averages, value] = [variable([1, 2, 3, 4]), variable([0, 0, 0, 0])];
        const kept = keep(averages);
        run(() => averageUpdate(averages, [value], 0.5));
        expect(kept instanceof tf.Tensor ? read(kept) : Array.from(kept)).toEqual([1, 2, 3, 4]);
        expect(read(averages)).toEqual([0.5, 1, 1.5, 2]);
        if (kept instanceof tf.Tensor) kept.dispose();
        tf.dispose([averages, value]);
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
    const averages = variable(key.normal(37));
    const values = [30, 7].map((n) => variable(key.fold(n).normal(n)));
    for (const backend of order) {
      await useBackend(backend);
      averageUpdate(averages, values, 0.9);
    }
    results.push(read(averages));
    tf.dispose([averages, ...values]);
  }
  for (const other of results.slice(1)) expect(other).toEqual(results[0]);
});
