import { type Shape, ShapeError, type ValueAndLogDet } from "@pushforward/core";
import { formatShape, shapesEqual } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";
import { clip } from "../maths/elementwise.ts";
import { fail } from "../tfjs/kernel-call.ts";
import { type NamedKernel, runNamedKernel } from "./named-kernel.ts";
import { searchBin, selectBin } from "./rational-quadratic-spline.ts";

/** The splines of n columns, unconstrained. */
export interface ColumnSplineParameters {
  /** x and y of the first knot, `[n, 2]`. */
  readonly corners: tf.Tensor;
  /** Logarithms of the distances of the knots in x, `[n, knots − 1]`. */
  readonly logWidths: tf.Tensor;
  /** The same in y. */
  readonly logHeights: tf.Tensor;
  /** Logarithms of the slopes at the knots, `[n, knots]`. */
  readonly logSlopes: tf.Tensor;
}

/** Options of {@link columnSpline}. */
export interface ColumnSplineOptions {
  /** Computes x from y. */
  readonly inverse?: boolean;
}

type Inputs = readonly [
  x: tf.Tensor,
  corners: tf.Tensor,
  logWidths: tf.Tensor,
  logHeights: tf.Tensor,
  logSlopes: tf.Tensor,
];

const kernel: NamedKernel<Inputs, { readonly inverse: boolean }> = {
  name: "PushforwardColumnSpline",
  fallback: ([input, corners, logWidths, logHeights, logSlopes], { inverse }) => {
    const [n, bins] = logWidths.shape as [number, number];
    const column = (table: tf.Tensor, k: number): tf.Tensor => tf.reshape(tf.slice(table, [0, k], [n, 1]), [n]);
    const widths = tf.exp(logWidths);
    const heights = tf.exp(logHeights);
    const slopes = tf.exp(logSlopes);
    const knotsX = knotsOf(tf.slice(corners, [0, 0], [n, 1]), widths);
    const knotsY = knotsOf(tf.slice(corners, [0, 1], [n, 1]), heights);
    const left = (knots: tf.Tensor): tf.Tensor => tf.slice(knots, [0, 0], [n, bins]);
    const searched = inverse ? knotsY : knotsX;
    const inside = tf.minimum(tf.maximum(input, column(searched, 0)), column(searched, bins));
    const beyond = tf.sub(input, inside);
    const oneHot = searchBin(inside, left(searched));
    const tables = [widths, heights, left(knotsX), left(knotsY), left(slopes), tf.slice(slopes, [0, 1], [n, bins])];
    const [w, h, x0, y0, d0, d1] = tables.map((table) => selectBin(oneHot, table)) as [
      tf.Tensor,
      tf.Tensor,
      tf.Tensor,
      tf.Tensor,
      tf.Tensor,
      tf.Tensor,
    ];
    const s = tf.div(h, w);
    const bend = tf.sub(tf.add(d0, d1), tf.mul(s, 2));
    let theta: tf.Tensor;
    if (inverse) {
      const rise = tf.sub(inside, y0);
      const a = tf.add(tf.mul(h, tf.sub(s, d0)), tf.mul(rise, bend));
      const b = tf.sub(tf.mul(h, d0), tf.mul(rise, bend));
      const c = tf.neg(tf.mul(s, rise));
      const discriminant = tf.maximum(tf.sub(tf.square(b), tf.mul(tf.mul(a, c), 4)), 0);
      theta = tf.div(tf.mul(c, 2), tf.sub(tf.neg(b), tf.sqrt(discriminant)));
    } else {
      theta = tf.div(tf.sub(inside, x0), w);
    }
    theta = clip(theta, 0, 1);
    const rest = tf.sub(1, theta);
    const cross = tf.mul(theta, rest);
    const denominator = tf.add(s, tf.mul(bend, cross));
    const ends = tf.add(tf.mul(d1, tf.square(theta)), tf.mul(d0, tf.square(rest)));
    const numerator = tf.mul(tf.square(s), tf.add(ends, tf.mul(tf.mul(s, cross), 2)));
    // At the outer knots this is the slope of the tails.
    const logSlope = tf.log(tf.div(numerator, tf.square(denominator)));
    const y = inverse
      ? tf.add(x0, tf.mul(w, theta))
      : tf.add(y0, tf.div(tf.mul(h, tf.add(tf.mul(s, tf.square(theta)), tf.mul(d0, cross))), denominator));
    const tail = (k: number): tf.Tensor => (inverse ? tf.div(1, column(slopes, k)) : column(slopes, k));
    const below = tf.mul(tf.minimum(beyond, 0), tail(0));
    const above = tf.mul(tf.maximum(beyond, 0), tail(bins));
    const logDet = tf.sum(logSlope, -1);
    return [tf.add(y, tf.add(below, above)), inverse ? tf.neg(logDet) : logDet];
  },
};

/** All knots `[n, bins + 1]`, of the first one `[n, 1]` and the sizes of the bins. */
function knotsOf(first: tf.Tensor, sizes: tf.Tensor): tf.Tensor {
  return tf.concat([first, tf.add(first, tf.cumsum(sizes, 1))], 1);
}

/**
 * A monotone rational-quadratic spline for each column (Durkan et al. 2019, arXiv:1906.04032), with knots of its own and
 * linear tails of the slopes at the outer knots. Returns `[y, log|det ∂y/∂x|]`, or with `inverse` `[x, log|det ∂x/∂y|]`.
 *
 * Knots are sums of `exp(logWidths)` and `exp(logHeights)` from the first one on. ±∞ lie on the tails; NaN stays NaN.
 *
 * @param x `[...batch, n]`; the log-det is `[...batch]`.
 * @throws {ShapeError} the shapes do not fit.
 * @example
 * const zeros = { corners: tf.zeros([2, 2]), logWidths: tf.zeros([2, 3]), logHeights: tf.zeros([2, 3]), logSlopes: tf.zeros([2, 4]) };
 * columnSpline(tf.zeros([5, 2]), zeros); // zeros, and a log-det of 0: equal bins of both sides are the identity
 */
export function columnSpline(
  x: tf.Tensor,
  parameters: ColumnSplineParameters,
  { inverse = false }: ColumnSplineOptions = {},
): ValueAndLogDet {
  const { corners, logWidths, logHeights, logSlopes } = parameters;
  const n = x.shape.at(-1);
  const knots = logSlopes.shape[1] ?? 0;
  const expected = { corners: [n, 2], logWidths: [n, knots - 1], logHeights: [n, knots - 1], logSlopes: [n, knots] };
  for (const [name, shape] of Object.entries(expected)) {
    const got = parameters[name as keyof ColumnSplineParameters].shape;
    if (knots < 2 || n === undefined || !shapesEqual(got, shape as Shape)) {
      fail(
        new ShapeError(
          `columnSpline: expected ${name} of shape ${formatShape(shape as Shape)} with at least 2 knots ` +
            `for x ${formatShape(x.shape)}, got ${formatShape(got)}.`,
        ),
      );
    }
  }
  const inputs = [x, corners, logWidths, logHeights, logSlopes] as const;
  return tf.tidy(() => runNamedKernel(kernel, inputs, { inverse }) as ValueAndLogDet);
}
