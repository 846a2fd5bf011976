import { broadcastShapes, type Shape, type ValueAndLogDet } from "@pushforward/core";
import * as tf from "@tensorflow/tfjs-core";
import { type NamedKernel, runNamedKernel } from "./named-kernel.ts";
import { requireParameters } from "./require-parameters.ts";

/** Options of {@link affine}. */
export interface AffineOptions {
  /** Computes x from y. */
  readonly inverse?: boolean;
}

/** Largest log-scale, approached softly. */
const LOG_SCALE_LIMIT = 5;

const kernel: NamedKernel = {
  name: "PushforwardAffine",
  fallback: ([input, parameters], { inverse }) => {
    const x = input as tf.Tensor;
    const [shift, raw] = tf.unstack(parameters as tf.Tensor, -1) as [tf.Tensor, tf.Tensor];
    const bounded = tf.mul(tf.tanh(tf.div(raw, LOG_SCALE_LIMIT)), LOG_SCALE_LIMIT);
    const logDet = inverse ? tf.neg(bounded) : bounded;
    const scale = tf.exp(logDet);
    const y = inverse ? tf.mul(tf.sub(x, shift), scale) : tf.add(tf.mul(x, scale), shift);
    return [y, tf.broadcastTo(logDet, [...(broadcastShapes(x.shape, shift.shape) as Shape)])];
  },
};

/**
 * Affine map `y = x·eᵃ + t` with the softly bounded log-scale `a = 5·tanh(raw / 5)`, elementwise. Returns `[y, a]`, or
 * with `inverse` `[(x − t)·e⁻ᵃ, −a]`. Zero parameters give the identity.
 *
 * @param x `[...batch]`.
 * @param parameters `[...batch, 2]`, (t, raw); the batch axes broadcast.
 * @throws {ShapeError} the shapes do not fit.
 * @example
 * const [y, logDet] = affine(tf.tensor1d([1, 2]), tf.tensor2d([[3, 0], [0, 1]]));
 */
export function affine(x: tf.Tensor, parameters: tf.Tensor, { inverse = false }: AffineOptions = {}): ValueAndLogDet {
  requireParameters("affine", x, parameters, 2);
  return tf.tidy(() => runNamedKernel(kernel, [x, parameters], { inverse }) as ValueAndLogDet);
}
