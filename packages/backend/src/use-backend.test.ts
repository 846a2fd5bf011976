import { BackendError } from "@pushforward/core";
import * as tf from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { type BackendName, describeBackend, useBackend } from "./index.ts";

test("without a backend the description says so", async () => {
  expect(await describeBackend()).toMatchObject({ name: "none", threads: 0 });
});

test("an unknown name is refused with the names that exist", async () => {
  await expect(useBackend("webgl" as BackendName)).rejects.toThrow(
    new BackendError('useBackend: expected "cpu" or "wasm", got "webgl".'),
  );
});

test("both backends start, give gradients in plain Node, and hand tensors over", async () => {
  await useBackend("cpu");
  const variable = tf.variable(tf.tensor1d([1, 2, 3]));
  const gradient = (): number[] =>
    tf.tidy(() => {
      const { grads } = tf.variableGrads(() => tf.sum(tf.exp(variable)) as tf.Scalar, [variable]);
      return [...(grads[variable.name] as tf.Tensor).dataSync()];
    });
  const onCpu = gradient();
  expect(onCpu[2]).toBeCloseTo(Math.exp(3), 4);
  await useBackend("wasm");
  expect(tf.getBackend()).toBe("wasm");
  const onWasm = gradient();
  for (const [i, value] of onWasm.entries()) expect(value).toBeCloseTo(onCpu[i] as number, 4);
  expect(await describeBackend()).toMatchObject({ name: "wasm", simd: true, threads: 1 });
  await useBackend("cpu");
  expect([...variable.dataSync()]).toEqual([1, 2, 3]);
});
