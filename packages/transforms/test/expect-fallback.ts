import { type BijectionFamily, createKey } from "@pushforward/core";
import { maxError } from "@pushforward/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect } from "vitest";

/** Compares values and gradients of a family between the fused kernel of that name and the plain operations. */
export function expectFallback(
  family: BijectionFamily,
  kernelName: string,
  x: readonly number[],
  tolerance: number,
): void {
  const rows = x.length;
  tf.tidy(() => {
    const at = tf.tensor1d([...x]);
    const raw = tf.tensor(createKey(1).normal(rows * family.parameterCount), [rows, family.parameterCount]);
    const weights = [2, 3].map((seed) => tf.tensor1d(createKey(seed).normal(rows))) as [tf.Tensor, tf.Tensor];
    const compute = (): tf.Tensor[] => {
      const loss = (value: tf.Tensor, parameters: tf.Tensor): tf.Tensor => {
        const [y, logDet] = family.bind(parameters).forwardAndLogDet(value);
        return tf.add(tf.sum(tf.mul(y, weights[0])), tf.sum(tf.mul(logDet, weights[1])));
      };
      return [...family.bind(raw).forwardAndLogDet(at), ...tf.grads(loss)([at, raw])];
    };
    const fused = compute();
    const plain = withoutKernel(kernelName, compute);
    for (const [k, values] of fused.entries()) {
      expect(maxError(values, plain[k] as tf.Tensor), `${k}`).toBeLessThan(tolerance);
    }
  });
}

function withoutKernel<T>(name: string, compute: () => T): T {
  const names = [name, `${name}Grad`];
  const kernels = names.map((own) => tf.getKernel(own, tf.getBackend()));
  // Otherwise plain operations would be compared with themselves.
  expect(kernels.every((kernel) => kernel !== undefined)).toBe(true);
  for (const own of names) tf.unregisterKernel(own, tf.getBackend());
  try {
    return compute();
  } finally {
    for (const kernel of kernels) tf.registerKernel(kernel);
  }
}
