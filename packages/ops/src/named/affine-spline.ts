import type { ValueAndLogDet } from "@pushforward/core";
import * as tf from "@tensorflow/tfjs-core";
import { affine } from "./affine.ts";
import { rationalQuadraticSpline } from "./rational-quadratic-spline.ts";
import { requireParameters } from "./require-parameters.ts";

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
 * `[z, log dz/dx]`, or with `inverse` `[x, log dx/dz]`. The parameters are the two of the affine map, (t, raw) with
 * `a = 5·tanh(raw / 5)`, and behind them those of the spline; zeros give the identity.
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
