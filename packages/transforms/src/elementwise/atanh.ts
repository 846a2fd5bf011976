import { clip, log1p } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";

/** The largest float32 below 1. */
const INSIDE = 1 - 2 ** -24;

/** `½ log((1 + y)/(1 − y))`, elementwise, accurate near 0; numbers outside of (−1, 1) are taken for the nearest inside. */
export function atanh(y: tf.Tensor): tf.Tensor {
  const inside = clip(y, -INSIDE, INSIDE);
  return tf.mul(0.5, tf.sub(log1p(inside), log1p(tf.neg(inside))));
}
