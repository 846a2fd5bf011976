import { useBackend } from "@pushforward/backend";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "vitest";
import { observeKernels } from "./observe-kernels.ts";

beforeAll(async () => {
  await useBackend("cpu");
});

function observed(run: () => void): { readonly kernels: string[]; readonly made: unknown[]; readonly reads: number } {
  const kernels: string[] = [];
  const made: unknown[] = [];
  let reads = 0;
  const observer = {
    ran: (name: string) => kernels.push(name),
    made: (_: tf.Tensor, values: unknown) => made.push(values),
    reads: () => {
      reads++;
    },
  };
  tf.tidy(() => observeKernels(observer, run));
  return { kernels, made, reads };
}

test("kernels, tensors that are made, and reads are told of", () => {
  const values = new Float32Array([1, 2]);
  const { kernels, made, reads } = observed(() => {
    const x = tf.tensor1d(values);
    tf.add(tf.exp(x), x).dataSync();
  });
  expect(kernels).toEqual(["Exp", "Add"]);
  expect(made).toEqual([values]);
  expect(made[0]).toBe(values);
  expect(reads).toBe(1);
});

test("nothing is told afterwards, also of a function that throws", () => {
  const kernels: string[] = [];
  const observer = { ran: (name: string) => kernels.push(name), made: () => undefined, reads: () => undefined };
  const run = (): void => {
    throw new Error("no");
  };
  expect(() => observeKernels(observer, run)).toThrow("no");
  tf.tidy(() => tf.exp(1));
  expect(kernels).toEqual([]);
});
