import type { NetworkLayer } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";
import { matMul } from "../linear-algebra/matrix-stack.ts";
import { activateWithSlope, type SmoothActivation } from "../maths/elementwise.ts";

/**
 * A feed-forward network f with equal numbers of outputs and inputs, and its divergence, the trace of its Jacobian
 * `Σᵢ ∂fᵢ/∂xᵢ`.
 *
 * With weights `W₁ … Wₘ` and slopes `sₖ` of the hidden activations the Jacobian is `W₁ diag(s₁) W₂ diag(s₂) … Wₘ`. For
 * one hidden layer its trace is `Σₖ s₁ₖ (W₂ W₁)ₖₖ`. For two it is `s₁ᵀ (W₂ ∘ (W₃ W₁)ᵀ) s₂`, which costs as much as a
 * layer for any number of variables. The rows of the Jacobian are propagated through further layers.
 *
 * @param x `[rows, d]`.
 * @param context `[rows or 1, contextSize]`, for layers with a `contextWeight`, which add `context·contextWeight` to
 * their outputs.
 * @param layers without masks, blocks, and other uses of a context.
 * @param probe `[rows, d]`, of mean 0 and covariance 1: the divergence is Hutchinson's estimate `eᵀ J e`, unbiased over
 * probes.
 * @returns outputs `[rows, d]` and divergence `[rows]`.
 * @see Hutchinson 1990, A stochastic estimator of the trace of the influence matrix for Laplacian smoothing splines
 */
export function networkDivergence(
  x: tf.Tensor,
  context: tf.Tensor | undefined,
  layers: readonly NetworkLayer<tf.Tensor>[],
  activation: SmoothActivation,
  probe?: tf.Tensor,
): [outputs: tf.Tensor, divergence: tf.Tensor] {
  return tf.tidy((): [tf.Tensor, tf.Tensor] => {
    const slopes: tf.Tensor[] = [];
    let h = x;
    for (const [i, { weight, bias, contextWeight }] of layers.entries()) {
      let z = matMul(h, weight);
      if (bias !== undefined) z = tf.add(z, bias);
      if (contextWeight !== undefined) z = tf.add(z, matMul(context as tf.Tensor, contextWeight));
      if (i === layers.length - 1) h = z;
      else {
        const [value, slope] = activateWithSlope(z, activation);
        slopes.push(slope);
        h = value;
      }
    }
    const weights = layers.map(({ weight }) => weight);
    if (probe === undefined) return [h, trace(x, weights, slopes)];
    return [h, tf.sum(tf.mul(networkTangents(probe, weights, slopes), probe), -1)];
  });
}

function trace(x: tf.Tensor, weights: readonly tf.Tensor[], slopes: readonly tf.Tensor[]): tf.Tensor {
  const rows = x.shape[0] as number;
  const first = weights[0] as tf.Tensor;
  const last = weights[weights.length - 1] as tf.Tensor;
  if (slopes.length === 0) {
    const d = first.shape[0] as number;
    return tf.add(tf.zeros([rows]), tf.sum(tf.mul(first, tf.eye(d))));
  }
  if (slopes.length === 1) {
    const diagonal = tf.sum(tf.mul(tf.transpose(last), first), 0);
    return tf.sum(tf.mul(slopes[0] as tf.Tensor, diagonal), -1);
  }
  if (slopes.length === 2) {
    const inner = tf.mul(weights[1] as tf.Tensor, tf.transpose(matMul(last, first)));
    return tf.sum(tf.mul(matMul(slopes[0] as tf.Tensor, inner), slopes[1] as tf.Tensor), -1);
  }
  const [d, width] = first.shape as [number, number];
  let jacobian = tf.mul(tf.reshape(first, [1, d, width]), tf.expandDims(slopes[0] as tf.Tensor, 1));
  for (const [i, weight] of weights.slice(1, -1).entries()) {
    const [from, to] = weight.shape as [number, number];
    const next = tf.reshape(matMul(tf.reshape(jacobian, [-1, from]), weight), [rows, d, to]);
    jacobian = tf.mul(next, tf.expandDims(slopes[i + 1] as tf.Tensor, 1));
  }
  return tf.sum(tf.mul(jacobian, tf.expandDims(tf.transpose(last), 0)), [1, 2]);
}

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
