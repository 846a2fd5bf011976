import type { Key, Shape } from "@pushforward/core";
import { currentTrace, sizeOf } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";
import { sumRightmost } from "../maths/reductions.ts";
import { type NamedKernel, runNamedKernel } from "./named-kernel.ts";

/**
 * The kernel that {@link standardNormal} runs if a backend has it. It has no inputs, the attributes `words`, the words
 * of the key, and `shape`, and one output.
 */
export const STANDARD_NORMAL_KERNEL = "PushforwardStandardNormal";

/**
 * Standard normal draws of that shape: the numbers of `key.normal`, bit for bit, made where the backend keeps tensors.
 *
 * @example
 * standardNormal(createKey(0), [1000, 2]); // → shape [1000, 2]
 */
export function standardNormal(key: Key, shape: Shape): tf.Tensor {
  const hasKernel = tf.getKernel(STANDARD_NORMAL_KERNEL, tf.getBackend()) !== undefined && currentTrace() === undefined;
  // A shape that is none, or has no numbers, is for the key and tfjs to judge.
  if (!hasKernel || !shape.every((axis) => Number.isSafeInteger(axis) && axis > 0)) {
    return tf.tensor(key.normal(sizeOf(shape)), [...shape], "float32");
  }
  return tf.engine().runKernel(STANDARD_NORMAL_KERNEL, {}, { words: [...key.words], shape: [...shape] }) as tf.Tensor;
}

const kernel: NamedKernel<readonly [x: tf.Tensor], { readonly eventRank: number }> = {
  name: "PushforwardStandardNormalLogProb",
  fallback: ([x], { eventRank: rank }) => {
    const constant = 0.5 * sizeOf(x.shape.slice(x.rank - rank)) * Math.log(2 * Math.PI);
    return [tf.sub(tf.mul(sumRightmost(tf.square(x), rank), -0.5), constant)];
  },
};

/**
 * Log-density of independent standard normals in nats, `−½ Σ x² − (n/2)·log 2π`, with the sum over the last `eventRank`
 * axes; `[...batch, ...event]` → `[...batch]`.
 *
 * @example
 * standardNormalLogProb(tf.zeros([2, 2]), 1); // → [-1.8379, -1.8379]
 */
export function standardNormalLogProb(x: tf.Tensor, eventRank: number): tf.Tensor {
  return tf.tidy(() => runNamedKernel(kernel, [x], { eventRank })[0] as tf.Tensor);
}
