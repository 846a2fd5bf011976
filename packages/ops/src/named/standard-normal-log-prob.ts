import { sizeOf } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";
import { sumRightmost } from "../maths/sum-rightmost.ts";
import { type NamedKernel, runNamedKernel } from "./named-kernel.ts";

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
