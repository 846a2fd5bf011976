import type { Shape, ValueAndLogDet } from "@pushforward/core";
import { type AffineForm, type AffineSettings, broadcastShapes } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";
import { softClip, softplus } from "../maths/elementwise.ts";
import { type NamedKernel, requireParameters, runNamedKernel } from "./named-kernel.ts";
import { rationalQuadraticSpline } from "./rational-quadratic-spline.ts";

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

/** The scale `e^(5·tanh(r/5))`: softly bounded, so that no network output makes it overflow, and 1 for 0. */
export const AFFINE_FORM: AffineForm = { scale: "tanh", limit: 5, offset: 0, least: 0 };

/** Options of {@link affineSpline}. */
export interface AffineSplineOptions {
  /** Number of bins of the spline. */
  readonly bins: number;
  /** Half the width of the box outside of which the spline is linear. */
  readonly bound: number;
  /** Computes x from z. */
  readonly inverse?: boolean;
}

/**
 * `z = spline(x·eᵃ + t)`, elementwise: {@link affine}, then {@link rationalQuadraticSpline} with linear tails. Returns
 * `[z, log dz/dx]`, or with `inverse` `[x, log dx/dz]`. The first two parameters belong to the affine map, (t, raw)
 * with `a = 5·tanh(raw / 5)`; the spline parameters follow. Zeros yield the identity.
 *
 * @param x `[...batch]`.
 * @param parameters `[...batch, 3·bins + 3]`; the batch axes broadcast.
 * @throws {ShapeError} the shapes do not fit.
 * @example
 * const [z, logDet] = affineSpline(tf.tensor2d([[1, -2]]), tf.zeros([1, 2, 27]), { bins: 8, bound: 5 });
 * z; // → [[1, -2]]
 * logDet; // → [[0, 0]]
 */
export function affineSpline(
  x: tf.Tensor,
  parameters: tf.Tensor,
  { bins, bound, inverse = false }: AffineSplineOptions,
): ValueAndLogDet {
  requireParameters("affineSpline", x, parameters, 3 * bins + 3);
  return tf.tidy(() => {
    const [ofAffine, ofSpline] = tf.split(parameters, [2, 3 * bins + 1], -1) as [tf.Tensor, tf.Tensor];
    const options = { bins, bound, tails: "linear", inverse } as const;
    if (inverse) {
      const [u, splineLogDet] = rationalQuadraticSpline(x, ofSpline, options);
      const [value, logDet] = affine(u, ofAffine, { inverse });
      return [value, tf.add(logDet, splineLogDet)];
    }
    const [u, logDet] = affine(x, ofAffine);
    const [value, splineLogDet] = rationalQuadraticSpline(u, ofSpline, options);
    return [value, tf.add(logDet, splineLogDet)];
  });
}
