import { useBackend } from "@pushforward/backend";
import * as tf from "@tensorflow/tfjs-core";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { kernelFunc, type NamedKernel, runNamedKernel } from "../index.ts";

// [a²b, a + b]
const kernel: NamedKernel<readonly [a: tf.Tensor, b: tf.Tensor], { readonly scale: number }> = {
  name: "TestPair",
  fallback: ([a, b], { scale }) => [tf.mul(tf.mul(tf.square(a), b), scale), tf.add(a, b)],
};

const pair = (a: tf.Tensor, b: tf.Tensor): tf.Tensor[] => runNamedKernel(kernel, [a, b], { scale: 2 });

for (const backend of ["cpu", "wasm"] as const) {
  describe(backend, () => {
    beforeAll(() => useBackend(backend));
    let calls: string[] = [];

    // A "fused" kernel: the fallback under another name, so that its use shows.
    function register<Inputs extends readonly tf.Tensor[]>(
      name: string,
      f: (inputs: Inputs, attributes: { readonly scale: number }) => tf.Tensor[],
    ): void {
      tf.registerKernel({
        kernelName: name,
        backendName: backend,
        kernelFunc: kernelFunc<Inputs, { readonly scale: number }>(({ inputs, attrs }) => {
          calls.push(name);
          return tf.tidy(() => f(inputs, attrs));
        }),
      });
    }

    afterEach(() => {
      for (const name of ["TestPair", "TestPairGrad"]) {
        if (tf.getKernel(name, backend) !== undefined) tf.unregisterKernel(name, backend);
      }
      calls = [];
    });

    function valuesAndGradients(): number[][] {
      const [a, b] = [tf.tensor1d([1, 2, 3]), tf.tensor1d([-1, 0.5, 4])];
      const before = tf.memory().numTensors;
      const results = tf.tidy(() => {
        // Ops before and after, so that a gradient has to pass through; the second output counts only sometimes.
        const loss = (x: tf.Tensor, y: tf.Tensor): tf.Tensor => {
          const [p, q] = pair(tf.exp(x), y) as [tf.Tensor, tf.Tensor];
          return tf.sum(tf.mul(tf.tanh(p), q));
        };
        const first = (x: tf.Tensor, y: tf.Tensor): tf.Tensor => tf.sum(pair(x, y)[0] as tf.Tensor);
        return [...pair(a, b), ...tf.grads(loss)([a, b]), ...tf.grads(first)([a, b])].map((t) => [...t.dataSync()]);
      });
      expect(tf.memory().numTensors).toBe(before);
      tf.dispose([a, b]);
      return results;
    }

    test("values and gradients are the same by fallback, fused forward, and fused forward and backward", () => {
      const plain = valuesAndGradients();
      expect(plain[0]).toEqual([-2, 4, 72]);
      expect(plain[1]).toEqual([0, 2.5, 7]);
      expect(plain[4]).toEqual([-4, 4, 48]);
      expect(plain[5]).toEqual([2, 8, 18]);
      expect(calls).toEqual([]);
      register("TestPair", kernel.fallback);
      expect(valuesAndGradients()).toEqual(plain);
      expect(calls).toEqual(["TestPair", "TestPair", "TestPair"]);
      calls = [];
      type Given = readonly [a: tf.Tensor, b: tf.Tensor, dp: tf.Tensor, dq: tf.Tensor];
      register<Given>("TestPairGrad", ([a, b, dp, dq], { scale }) => [
        tf.add(tf.mul(tf.mul(tf.mul(a, b), 2 * scale), dp), dq),
        tf.add(tf.mul(tf.mul(tf.square(a), scale), dp), dq),
      ]);
      const fused = valuesAndGradients();
      for (const [i, row] of fused.entries()) {
        for (const [j, value] of row.entries()) expect(value).toBeCloseTo(plain[i]?.[j] as number, 5);
      }
      expect(calls).toEqual(["TestPair", "TestPair", "TestPairGrad", "TestPair", "TestPairGrad"]);
    });

    test("a kernel registered for one backend does not reach the other", async () => {
      const other = backend === "cpu" ? "wasm" : "cpu";
      register("TestPair", () => [tf.scalar(1), tf.scalar(2)]);
      await useBackend(other);
      const values = tf.tidy(() => pair(tf.scalar(3), tf.scalar(1)).map((t) => t.dataSync()[0]));
      await useBackend(backend);
      expect(values).toEqual([18, 4]);
    });
  });
}
