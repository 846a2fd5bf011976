import { useBackend } from "@pushforward/backend";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { parameter } from "../extend.ts";
import { BackendError, DisposedError, ShapeError } from "../index.ts";

// First in the file: no backend has been started yet.
test("without a backend a parameter reads and writes, and refuses to compute", () => {
  const p = parameter([2], [1, 2]);
  p.write([3, 4]);
  expect([...p.read()]).toEqual([3, 4]);
  expect(() => p.variable).toThrow(
    new BackendError('parameter: expected a running backend, got none. Call await useBackend("wasm") first.'),
  );
});

for (const backend of ["cpu", "wasm"] as const) {
  describe(backend, () => {
    beforeAll(() => useBackend(backend));

    test("memory is allocated when the variable is first asked for, and freed by dispose", () => {
      const before = tf.memory();
      const p = parameter([3, 2], [1, 2, 3, 4, 5, 6]);
      p.read();
      p.write([6, 5, 4, 3, 2, 1]);
      expect(tf.memory().numTensors).toBe(before.numTensors);
      const { variable } = p;
      expect(tf.memory().numTensors).toBe(before.numTensors + 1);
      expect(p.variable).toBe(variable);
      expect(variable.shape).toEqual([3, 2]);
      expect([...variable.dataSync()]).toEqual([6, 5, 4, 3, 2, 1]);
      p.dispose();
      p.dispose();
      expect(tf.memory().numTensors).toBe(before.numTensors);
      expect(tf.memory().numDataBuffers).toBe(before.numDataBuffers);
    });

    test("a variable first asked for inside a tidy outlives it", () => {
      const p = parameter([1], [2]);
      const y = tf.tidy(() => tf.mul(p.variable, 3));
      expect(p.variable.isDisposed).toBe(false);
      expect([...y.dataSync(), ...p.read()]).toEqual([6, 2]);
      y.dispose();
      p.dispose();
    });

    test("a variable first asked for inside a traced loss is right, stays, and is then trained", () => {
      const p = parameter([2], [1, 2]);
      const loss = (x: tf.Tensor): tf.Scalar => tf.sum(tf.mul(tf.square(p.variable), x));
      const forX = tf.tidy(() => [
        ...tf
          .grad(loss)(tf.tensor1d([1, 1]))
          .dataSync(),
      ]);
      expect(forX).toEqual([1, 4]);
      const forP = tf.tidy(() => {
        const { grads } = tf.variableGrads(() => loss(tf.tensor1d([1, 1])), [p.variable]);
        return [...(grads[p.variable.name] as tf.Tensor).dataSync()];
      });
      expect(forP).toEqual([2, 4]);
      p.dispose();
    });

    test("values are copied in and out, before and after allocation", () => {
      const source = Float32Array.of(1, 2);
      const p = parameter([2], source);
      p.write(source);
      source[0] = 9;
      expect([...p.read()]).toEqual([1, 2]);
      for (let allocated = 0; allocated < 2; allocated++) {
        const values = p.read();
        values[0] = 7;
        expect([...p.read()]).toEqual([1, 2]);
        const written = Float32Array.of(1, 2);
        p.write(written);
        written[1] = 8;
        expect([...p.variable.dataSync()]).toEqual([1, 2]);
      }
      const before = tf.memory().numTensors;
      for (let i = 0; i < 10; i++) p.write([i, i + 1]);
      expect(tf.memory().numTensors).toBe(before);
      expect([...p.read()]).toEqual([9, 10]);
      p.dispose();
    });

    test("kinds: zeros by default, values from a function once, int32, buffers", () => {
      let calls = 0;
      const made = parameter([2], () => {
        calls++;
        return [1, 2];
      });
      expect(calls).toBe(0);
      made.variable.dataSync();
      made.variable.dataSync();
      expect(calls).toBe(1);
      const zero = parameter([2, 1]);
      expect([...zero.read()]).toEqual([0, 0]);
      expect([...zero.variable.dataSync()]).toEqual([0, 0]);
      const order = parameter([2], [1, 0], { trainable: false, dtype: "int32" });
      expect([order.dtype, order.variable.dtype, order.trainable, order.variable.trainable]).toEqual([
        "int32",
        "int32",
        false,
        false,
      ]);
      expect(order.read()).toEqual(Int32Array.of(1, 0));
      order.write([0, 1]);
      expect(order.variable.dataSync()).toEqual(Int32Array.of(0, 1));
      expect(made.trainable && made.variable.trainable).toBe(true);
      for (const p of [made, zero, order]) p.dispose();
    });
  });
}

test("values survive the way cpu → wasm → cpu, with writes on each", async () => {
  await useBackend("cpu");
  const p = parameter([2], [1, 2]);
  expect([...p.variable.dataSync()]).toEqual([1, 2]);
  const { numTensors } = tf.memory();
  await useBackend("wasm");
  expect([...p.read()]).toEqual([1, 2]);
  expect(tf.tidy(() => [...tf.mul(p.variable, 2).dataSync()])).toEqual([2, 4]);
  p.write([3, 4]);
  await useBackend("cpu");
  expect(tf.tidy(() => [...tf.mul(p.variable, 2).dataSync()])).toEqual([6, 8]);
  p.write([5, 6]);
  expect([...p.read()]).toEqual([5, 6]);
  expect(tf.memory().numTensors).toBe(numTensors);
  p.dispose();
  expect(tf.memory().numTensors).toBe(numTensors - 1);
});

test("wrong sizes are refused, also of values that come late", () => {
  expect(() => parameter([2, 3], [1])).toThrow(new ShapeError("parameter: expected 6 values for shape [2, 3], got 1."));
  const p = parameter([2], () => [1]);
  expect(() => p.read()).toThrow(new ShapeError("parameter: expected 2 values for shape [2], got 1."));
  expect(() => p.variable).toThrow(ShapeError);
  expect(() => p.write([1, 2, 3])).toThrow(new ShapeError("parameter: expected 2 values for shape [2], got 3."));
});

test("a disposed parameter refuses every use", () => {
  const p = parameter([1]);
  p.dispose();
  const error = new DisposedError("parameter: expected a live model, got one that has been disposed.");
  expect(() => p.variable).toThrow(error);
  expect(() => p.read()).toThrow(error);
  expect(() => p.write([1])).toThrow(error);
});
