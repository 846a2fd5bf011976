import { useBackend } from "@pushforward/backend";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { pruneTape } from "../index.ts";

describe.each(["cpu", "wasm"] as const)("%s", (backend) => {
  beforeAll(() => useBackend(backend));

  test("only what leads to the value stays on the tape, and the gradient is the same", () => {
    const x = tf.tensor1d([1, 2]);
    const before = tf.memory().numTensors;
    let lengths: number[] = [];
    let read: ReadonlySet<tf.Tensor> = new Set();
    const f = (prune: boolean) => (v: tf.Tensor) => {
      tf.exp(tf.sin(v)).dispose();
      const value = tf.sum(tf.mul(tf.exp(v), v));
      if (!prune) return value;
      const tape = tf.engine().state.activeTape ?? [];
      lengths = [tape.length];
      read = pruneTape(value);
      expect(tf.engine().state.activeTape).toBe(tape);
      lengths.push(tape.length);
      return value;
    };
    const [plain, pruned] = [tf.grad(f(false))(x), tf.grad(f(true))(x)];
    expect([...pruned.dataSync()]).toEqual([...plain.dataSync()]);
    expect(read.has(x)).toBe(true);
    // exp, mul and sum.
    expect(lengths[1]).toBe(3);
    expect(lengths[0]).toBeGreaterThan(3);
    tf.dispose([plain, pruned]);
    expect(tf.memory().numTensors).toBe(before);
    x.dispose();
  });

  test("the tape of a function around this one is left alone", () => {
    const x = tf.scalar(2);
    const inner = (v: tf.Tensor): tf.Tensor => {
      const value = tf.mul(tf.square(v), v);
      pruneTape(value);
      return value;
    };
    const curve = tf.tidy(
      () =>
        tf
          .grad((v: tf.Tensor) => tf.grad(inner)(v))(x)
          .dataSync()[0],
    );
    expect(curve).toBeCloseTo(12, 5);
    x.dispose();
  });
});
