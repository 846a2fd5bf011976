import * as tf from "@tensorflow/tfjs-core";

/**
 * The component that a uniform draw chooses, by the sums of `cumulativeWeights`, by tensor operations: for where these are
 * written down.
 *
 * @param u `[rows]`. @param bounds `[rows, components]`, or `[1, components]` for all rows.
 * @returns the numbers of components, `[rows]`, as int32.
 * @example
 * tracedChoice(tf.tensor1d([0.1, 0.7]), tf.tensor2d([[0.5, 1]])); // → [0, 1]
 */
export function tracedChoice(u: tf.Tensor, bounds: tf.Tensor): tf.Tensor {
  const [rows, components] = bounds.shape as [number, number];
  // The last bound is 1.
  const inner = tf.slice(bounds, [0, 0], [rows, components - 1]);
  return tf.sum(tf.cast(tf.greaterEqual(tf.expandDims(u, 1), inner), "int32"), 1);
}
