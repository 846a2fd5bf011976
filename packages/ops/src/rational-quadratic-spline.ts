import type { ValueAndLogDet } from "@pushforward/core";
import * as tf from "@tensorflow/tfjs-core";
import { clip } from "./clip.ts";
import { type NamedKernel, runNamedKernel } from "./named-kernel.ts";
import { requireParameters } from "./require-parameters.ts";
import { searchBin, selectBin } from "./search-bin.ts";
import { softplus } from "./softplus.ts";

/** Options of {@link rationalQuadraticSpline}. */
export interface RationalQuadraticSplineOptions {
  /** Number of bins. */
  readonly bins: number;
  /** Half the width of the box outside of which the spline is the identity. */
  readonly bound: number;
  /** Computes x from y. */
  readonly inverse?: boolean;
}

/** Smallest width and height of a bin, as a part of the box. */
const MIN_BIN = 1e-3;

/** Smallest slope at a knot. */
const MIN_SLOPE = 1e-3;

/** `softplus(SLOPE_OFFSET) = 1 − MIN_SLOPE`: a raw slope of 0 is the slope 1. */
const SLOPE_OFFSET = Math.log(Math.expm1(1 - MIN_SLOPE));

const kernel: NamedKernel = {
  name: "PushforwardRationalQuadraticSpline",
  fallback: ([input, parameters], attributes) => {
    const x = input as tf.Tensor;
    const p = parameters as tf.Tensor;
    const bins = attributes.bins as number;
    const bound = attributes.bound as number;
    const last = p.rank - 1;
    const part = (from: number, size: number): tf.Tensor =>
      tf.slice(
        p,
        p.shape.map((_, i) => (i === last ? from : 0)),
        p.shape.map((s, i) => (i === last ? size : s)),
      );
    const sizes = (raw: tf.Tensor): tf.Tensor =>
      tf.mul(tf.add(tf.mul(tf.softmax(raw), 1 - MIN_BIN * bins), MIN_BIN), 2 * bound);
    const widths = sizes(part(0, bins));
    const heights = sizes(part(bins, bins));
    const edge = [...p.shape.slice(0, -1), 1];
    const ones = tf.ones(edge);
    const interior = tf.add(softplus(tf.add(part(2 * bins, bins - 1), SLOPE_OFFSET)), MIN_SLOPE);
    const leftSlopes = bins === 1 ? ones : tf.concat([ones, interior], -1);
    const rightSlopes = bins === 1 ? ones : tf.concat([interior, ones], -1);
    const leftX = tf.sub(tf.cumsum(widths, last, true), bound);
    const leftY = tf.sub(tf.cumsum(heights, last, true), bound);
    const inverse = attributes.inverse as boolean;
    const inside = clip(x, -bound, bound);
    const isOutside = tf.greater(tf.abs(x), bound);
    const oneHot = searchBin(inside, inverse ? leftY : leftX);
    const [w, h, x0, y0, d0, d1] = [widths, heights, leftX, leftY, leftSlopes, rightSlopes].map((table) =>
      selectBin(oneHot, table),
    ) as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
    const s = tf.div(h, w);
    const curvature = tf.sub(tf.add(d0, d1), tf.mul(s, 2));
    let theta: tf.Tensor;
    if (inverse) {
      const rise = tf.sub(inside, y0);
      const a = tf.add(tf.mul(h, tf.sub(s, d0)), tf.mul(rise, curvature));
      const b = tf.sub(tf.mul(h, d0), tf.mul(rise, curvature));
      const c = tf.neg(tf.mul(s, rise));
      const discriminant = tf.maximum(tf.sub(tf.square(b), tf.mul(tf.mul(a, c), 4)), 0);
      theta = tf.div(tf.mul(c, 2), tf.sub(tf.neg(b), tf.sqrt(discriminant)));
    } else {
      theta = tf.div(tf.sub(inside, x0), w);
    }
    theta = clip(theta, 0, 1);
    const rest = tf.sub(1, theta);
    const cross = tf.mul(theta, rest);
    const denominator = tf.add(s, tf.mul(curvature, cross));
    const slope = tf.div(
      tf.mul(
        tf.square(s),
        tf.add(tf.add(tf.mul(d1, tf.square(theta)), tf.mul(tf.mul(s, cross), 2)), tf.mul(d0, tf.square(rest))),
      ),
      tf.square(denominator),
    );
    const logSlope = tf.log(slope);
    const y = inverse
      ? tf.add(x0, tf.mul(w, theta))
      : tf.add(y0, tf.div(tf.mul(h, tf.add(tf.mul(s, tf.square(theta)), tf.mul(d0, cross))), denominator));
    const logDet = inverse ? tf.neg(logSlope) : logSlope;
    // NaN is not outside: it goes through the spline and stays NaN.
    return [tf.where(isOutside, x, y), tf.where(isOutside, 0, logDet)];
  },
};

/**
 * Monotone rational-quadratic spline on `[−bound, bound]²` with identity tails, elementwise (Durkan et al. 2019,
 * arXiv:1906.04032). Returns `[y, log dy/dx]`, or with `inverse` `[x, log dx/dy]`.
 *
 * The parameters of one spline are `bins` raw widths, `bins` raw heights and `bins − 1` raw slopes at the inner knots,
 * all unconstrained; zeros give the identity. Widths and heights are a softmax with a minimum of 0.001 of the box,
 * slopes a softplus with a minimum of 0.001; the slopes at ±bound are 1, so that the tails join smoothly. ±∞ lie on the
 * tails; NaN stays NaN.
 *
 * @param x `[...batch]`.
 * @param parameters `[...batch, 3·bins − 1]`; the batch axes broadcast.
 * @throws {ShapeError} the shapes do not fit.
 * @example
 * const [y, logDet] = rationalQuadraticSpline(x, tf.zeros([...x.shape, 23]), { bins: 8, bound: 5 }); // [x, 0]
 */
export function rationalQuadraticSpline(
  x: tf.Tensor,
  parameters: tf.Tensor,
  { bins, bound, inverse = false }: RationalQuadraticSplineOptions,
): ValueAndLogDet {
  requireParameters("rationalQuadraticSpline", x, parameters, 3 * bins - 1);
  return tf.tidy(() => runNamedKernel(kernel, [x, parameters], { bins, bound, inverse }) as ValueAndLogDet);
}
