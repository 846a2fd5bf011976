import * as tf from "@tensorflow/tfjs-core";
import { matMul } from "../linear-algebra/mat-mul.ts";

/**
 * The derivatives of a feed-forward network along tangents of its inputs, `t W₁ diag(s₁) W₂ diag(s₂) …`.
 *
 * @param tangents `[..., rows, inputs]`.
 * @param weights of all layers, `[in, out]`.
 * @param slopes of the hidden activations, `[rows, width]`: one fewer than weights.
 * @returns `[..., rows, outputs]`.
 */
export function networkTangents(
  tangents: tf.Tensor,
  weights: readonly tf.Tensor[],
  slopes: readonly tf.Tensor[],
): tf.Tensor {
  let t = tangents;
  for (const [i, weight] of weights.entries()) {
    t = matMul(t, weight);
    const slope = slopes[i];
    if (slope !== undefined) t = tf.mul(t, slope);
  }
  return t;
}
