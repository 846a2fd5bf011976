import type { Shape, ValueAndLogDet } from "@pushforward/core";
import { type AffineForm, type AffineSettings, broadcastShapes } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";
import { softplus } from "../maths/softplus.ts";
import { AFFINE_FORM } from "./affine-form.ts";
import { type NamedKernel, runNamedKernel } from "./named-kernel.ts";
import { requireParameters } from "./require-parameters.ts";
import { softClip } from "./soft-clip.ts";

/** Options of {@link affine}. */
export interface AffineOptions {
  /** Computes x from y. */
  readonly inverse?: boolean;
  /** How the scale follows from the raw number. Default: `e^(5·tanh(raw/5))`. */
  readonly form?: AffineForm;
}

const kernel: NamedKernel<readonly [x: tf.Tensor, parameters: tf.Tensor], AffineSettings> = {
  name: "PushforwardAffine",
  fallback: ([x, parameters], { inverse, scale: kind, limit, offset, least }) => {
    const [shift, raw] = tf.unstack(parameters, -1) as [tf.Tensor, tf.Tensor];
    const shape = [...(broadcastShapes(x.shape, shift.shape) as Shape)];
    if (kind === "tanh" || kind === "clip") {
      const bounded = kind === "tanh" ? tf.mul(tf.tanh(tf.div(raw, limit)), limit) : softClip(raw, limit);
      const logDet = inverse ? tf.neg(bounded) : bounded;
      const scale = tf.exp(logDet);
      const y = inverse ? tf.mul(tf.sub(x, shift), scale) : tf.add(tf.mul(x, scale), shift);
      return [y, tf.broadcastTo(logDet, shape)];
    }
    const moved = tf.add(raw, offset);
    const scale = tf.add(kind === "softplus" ? softplus(moved) : tf.sigmoid(moved), least);
    const y = inverse ? tf.div(tf.sub(x, shift), scale) : tf.add(tf.mul(x, scale), shift);
    const logScale = tf.log(scale);
    return [y, tf.broadcastTo(inverse ? tf.neg(logScale) : logScale, shape)];
  },
};

/**
 * Affine map `y = x·eᵃ + t` with the softly bounded log-scale `a = 5·tanh(raw / 5)`, elementwise. Returns `[y, a]`, or
 * with `inverse` `[(x − t)·e⁻ᵃ, −a]`. Zero parameters give the identity. For other parameterizations see
 * `AffineParameterization`.
 *
 * @param x `[...batch]`.
 * @param parameters `[...batch, 2]`, (t, raw); the batch axes broadcast.
 * @throws {ShapeError} the shapes do not fit.
 * @example
 * const [y, logDet] = affine(tf.tensor1d([1, 2]), tf.tensor2d([[3, 0], [0, 0]]));
 * y; // → [4, 2]
 */
export function affine(
  x: tf.Tensor,
  parameters: tf.Tensor,
  { inverse = false, form = AFFINE_FORM }: AffineOptions = {},
): ValueAndLogDet {
  requireParameters("affine", x, parameters, 2);
  return tf.tidy(() => runNamedKernel(kernel, [x, parameters], { inverse, ...form }) as ValueAndLogDet);
}
