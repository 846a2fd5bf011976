import * as tf from "@tensorflow/tfjs-core";
import { type IncreasingMap, monotoneInverse } from "./monotone-inverse.ts";

/**
 * The root of a map that is solved in float64 on the host elsewhere, by tensor operations, for where these are written down.
 * A goal that is not finite is its own root.
 */
export function tracedRoot(f: IncreasingMap, goal: tf.Tensor): tf.Tensor {
  return tf.where(tf.isFinite(goal), monotoneInverse(f, goal), goal);
}
