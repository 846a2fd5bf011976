import type { ValueAndLogDet } from "@pushforward/core";
import type { SplineForm, SplineSettings, SplineTails } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";
import { clip, softClip, softplus } from "../maths/elementwise.ts";
import { type NamedKernel, requireParameters, runNamedKernel } from "./named-kernel.ts";

/** Options of {@link rationalQuadraticSpline}. */
export interface RationalQuadraticSplineOptions {
  /** Number of bins. */
  readonly bins: number;
  /** Half the width of the box. */
  readonly bound: number;
  /**
   * Tails outside the box. Either the identity, with slopes of 1 at the bounds, or lines with the slopes at the bounds,
   * which are free. Default: `"identity"`.
   */
  readonly tails?: SplineTails;
  /** Computes x from y. */
  readonly inverse?: boolean;
  /** Map from raw numbers to bins and slopes. Default: a softmax and a softplus, where zeros yield the identity. */
  readonly form?: SplineForm;
}

/** Not 0, where the root has no derivative. */
const SMALLEST_DISCRIMINANT = 1e-36;

const LARGEST_FLOAT32 = 3.4028234663852886e38;

const kernel: NamedKernel<readonly [x: tf.Tensor, parameters: tf.Tensor], SplineSettings> = {
  name: "PushforwardRationalQuadraticSpline",
  fallback: ([x, parameters], settings) => {
    const { bound, tails } = settings;
    const knots = knotsOf(parameters, settings);
    const [y, logDet] = insideBox(clip(x, -bound, bound), knots, settings.inverse);
    const isOutside = tf.greater(tf.abs(x), bound);
    // NaN is not outside: it goes through the spline and stays NaN.
    if (tails === "identity") return [tf.where(isOutside, x, y), tf.where(isOutside, 0, logDet)];
    const [tail, tailLogDet] = linearTail(x, knots, settings);
    return [tf.where(isOutside, tail, y), tf.where(isOutside, tailLogDet, logDet)];
  },
};

/** Bins and knots of each spline, `[...batch, bins]`, and the slopes at all knots, `[...batch, bins + 1]`. */
type Knots = Readonly<Record<"widths" | "heights" | "leftX" | "leftY" | "slopes", tf.Tensor>>;

function columnsOf(table: tf.Tensor, from: number, size: number): tf.Tensor {
  const last = table.rank - 1;
  return tf.slice(
    table,
    table.shape.map((_, i) => (i === last ? from : 0)),
    table.shape.map((s, i) => (i === last ? size : s)),
  );
}

function knotsOf(parameters: tf.Tensor, { bins, bound, tails, ...form }: SplineSettings): Knots {
  const last = parameters.rank - 1;
  const part = (from: number, size: number): tf.Tensor => columnsOf(parameters, from, size);
  const sizes = (raw: tf.Tensor): tf.Tensor => tf.mul(binShares(raw, form), 2 * bound);
  const widths = sizes(part(0, bins));
  const heights = sizes(part(bins, bins));
  const ones = tf.ones([...parameters.shape.slice(0, -1), 1]);
  const slopesOf = (raw: tf.Tensor): tf.Tensor =>
    form.slopeLimit > 0
      ? tf.exp(softClip(raw, form.slopeLimit))
      : tf.add(softplus(tf.add(raw, form.slopeOffset)), form.minSlope);
  const slopes =
    tails === "linear"
      ? slopesOf(part(2 * bins, bins + 1))
      : tf.concat(bins === 1 ? [ones, ones] : [ones, slopesOf(part(2 * bins, bins - 1)), ones], -1);
  const leftX = tf.sub(tf.cumsum(widths, last, true), bound);
  const leftY = tf.sub(tf.cumsum(heights, last, true), bound);
  return { widths, heights, leftX, leftY, slopes };
}

/** The spline of numbers in the box, and the logarithm of its slope. */
function insideBox(
  inside: tf.Tensor,
  { widths, heights, leftX, leftY, slopes }: Knots,
  inverse: boolean,
): [value: tf.Tensor, logDet: tf.Tensor] {
  const bins = widths.shape[widths.rank - 1] as number;
  const oneHot = searchBin(inside, inverse ? leftY : leftX);
  const tables = [widths, heights, leftX, leftY, columnsOf(slopes, 0, bins), columnsOf(slopes, 1, bins)];
  const [w, h, x0, y0, d0, d1] = tables.map((table) => selectBin(oneHot, table)) as [
    tf.Tensor,
    tf.Tensor,
    tf.Tensor,
    tf.Tensor,
    tf.Tensor,
    tf.Tensor,
  ];
  const s = tf.div(h, w);
  const curvature = tf.sub(tf.add(d0, d1), tf.mul(s, 2));
  const share = inverse ? inverseShare(tf.sub(inside, y0), h, s, d0, curvature) : tf.div(tf.sub(inside, x0), w);
  const theta = clip(share, 0, 1);
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
  return [y, inverse ? tf.neg(logSlope) : logSlope];
}

/** Position of x in its bin, as a share of the width, computed from the height of y above the lower knot. */
function inverseShare(rise: tf.Tensor, h: tf.Tensor, s: tf.Tensor, d0: tf.Tensor, curvature: tf.Tensor): tf.Tensor {
  const a = tf.add(tf.mul(h, tf.sub(s, d0)), tf.mul(rise, curvature));
  const b = tf.sub(tf.mul(h, d0), tf.mul(rise, curvature));
  const c = tf.mul(s, rise);
  const root = tf.sqrt(tf.maximum(tf.add(tf.square(b), tf.mul(tf.mul(a, c), 4)), SMALLEST_DISCRIMINANT));
  // Of the two forms of the same root the one that does not subtract: the first stays finite when a is 0, the second is
  // for b < 0, when a is not 0.
  const isDirect = tf.greaterEqual(b, 0);
  return tf.div(tf.where(isDirect, tf.mul(c, 2), tf.sub(root, b)), tf.where(isDirect, tf.add(b, root), tf.mul(a, 2)));
}

/** Values outside the box, on lines with the slopes at the bounds. */
function linearTail(
  x: tf.Tensor,
  { slopes }: Knots,
  { bins, bound, inverse }: SplineSettings,
): [value: tf.Tensor, logDet: tf.Tensor] {
  const isAbove = tf.greater(x, 0);
  const slopeAt = (knot: number): tf.Tensor => tf.squeeze(columnsOf(slopes, knot, 1), [slopes.rank - 1]);
  const slope = tf.where(isAbove, slopeAt(bins), slopeAt(0));
  const end = tf.where(isAbove, bound, -bound);
  // At ±∞ no slope changes the value, and 0 · ∞ must not come up in its gradient.
  const beyond = tf.sub(clip(x, -LARGEST_FLOAT32, LARGEST_FLOAT32), end);
  const line = tf.add(end, inverse ? tf.div(beyond, slope) : tf.mul(beyond, slope));
  const logSlope = tf.log(slope);
  return [tf.where(tf.greater(tf.abs(x), LARGEST_FLOAT32), x, line), inverse ? tf.neg(logSlope) : logSlope];
}

/**
 * Monotone rational-quadratic spline on `[−bound, bound]²`, elementwise (Durkan et al. 2019, arXiv:1906.04032). Returns
 * `[y, log dy/dx]`, or with `inverse` `[x, log dx/dy]`.
 *
 * The parameters of one spline are `bins` raw widths, `bins` raw heights and `bins − 1` raw slopes at the inner knots.
 * All are unconstrained; zeros yield the identity. Widths and heights are a softmax with a minimum of 0.001 of the box,
 * slopes a softplus with a minimum of 0.001. The slopes at ±bound are 1, and outside the spline is the identity. With
 * linear `tails` the spline has raw slopes at all `bins + 1` knots, and outside `y = ±bound + d·(x ∓ bound)` with the
 * slope d at that bound. Both kinds of tails join smoothly. ±∞ lies on the tails, and NaN stays NaN. A `form` defines
 * different bins and slopes.
 *
 * @param x `[...batch]`.
 * @param parameters `[...batch, 3·bins − 1]`, with linear tails `[...batch, 3·bins + 1]`; the batch axes broadcast.
 * @throws {ShapeError} the shapes do not fit.
 * @example
 * const [y, logDet] = rationalQuadraticSpline(tf.tensor2d([[1, -2]]), tf.zeros([1, 2, 23]), { bins: 8, bound: 5 });
 * y; // → [[1, -2]]
 * logDet; // → [[0, 0]]
 */
export function rationalQuadraticSpline(
  x: tf.Tensor,
  parameters: tf.Tensor,
  { bins, bound, tails = "identity", inverse = false, form = SPLINE_FORM }: RationalQuadraticSplineOptions,
): ValueAndLogDet {
  requireParameters("rationalQuadraticSpline", x, parameters, tails === "linear" ? 3 * bins + 1 : 3 * bins - 1);
  const attributes = { bins, bound, tails, inverse, ...form };
  return tf.tidy(() => runNamedKernel(kernel, [x, parameters], attributes) as ValueAndLogDet);
}

const MIN_SLOPE = 1e-3;

/**
 * Bins `0.001 + (1 − 0.001·bins)·softmax(r)` of the box and slopes `0.001 + softplus(r + 0.5397)`, which are 1 for 0: zeros
 * give the identity.
 */
export const SPLINE_FORM: SplineForm = {
  softmaxScale: 1,
  softmaxLimit: 0,
  minBin: 1e-3,
  slopeLimit: 0,
  slopeOffset: Math.log(Math.expm1(1 - MIN_SLOPE)),
  minSlope: MIN_SLOPE,
};

/**
 * Shares of the interval for the bins of a spline, `minBin + (1 − minBin·K)·softmax(clip(softmaxScale·r))`,
 * `clip(u) = u/(1 + |u|/softmaxLimit)`; with a `softmaxLimit` of 0 no number is clipped. The shares sum to 1.
 *
 * @param raw `[...batch, K]`.
 * @returns `[...batch, K]`.
 * @example
 * binShares(tf.zeros([4]), { softmaxScale: 1, softmaxLimit: 0, minBin: 1e-3 }); // → [0.25, 0.25, 0.25, 0.25]
 */
export function binShares(
  raw: tf.Tensor,
  { softmaxScale, softmaxLimit, minBin }: Pick<SplineForm, "softmaxScale" | "softmaxLimit" | "minBin">,
): tf.Tensor {
  return tf.tidy(() => {
    const bins = raw.shape[raw.rank - 1] as number;
    const scaled = softmaxScale === 1 ? raw : tf.mul(raw, softmaxScale);
    const shares = tf.softmax(softmaxLimit > 0 ? softClip(scaled, softmaxLimit) : scaled);
    return tf.add(tf.mul(shares, 1 - minBin * bins), minBin);
  });
}

/**
 * One-hot bin of each x among the increasing left edges of bins: bin k is `edges[k] ≤ x < edges[k + 1]`, and the last
 * has no right end. All zeros for x below the first edge and for NaN. Made of comparisons alone, because the gradient of
 * gather is slow and its batch axes are not to be trusted.
 *
 * @param x `[...batch]`.
 * @param leftEdges `[...batch, bins]`; the batch axes broadcast.
 * @returns `[...batch, bins]`.
 * @example
 * searchBin(tf.tensor1d([0.5]), tf.tensor1d([0, 1, 2])); // → [[1, 0, 0]]
 */
export function searchBin(x: tf.Tensor, leftEdges: tf.Tensor): tf.Tensor {
  return tf.tidy(() => {
    const bins = leftEdges.shape[leftEdges.rank - 1] as number;
    // As wide as the edges: a comparison that broadcasts is many times slower on the cpu backend.
    const wide = tf.tile(tf.expandDims(x, -1), [...x.shape.map(() => 1), bins]);
    const after = tf.cast(tf.greaterEqual(wide, leftEdges), "float32");
    if (bins === 1) return after;
    const paddings = Array.from(
      { length: after.rank },
      (_, i) => [0, i === after.rank - 1 ? 1 : 0] as [number, number],
    );
    const next = tf.pad(tf.slice(after, [...after.shape.map((_, i) => (i === after.rank - 1 ? 1 : 0))]), paddings);
    return tf.sub(after, next);
  });
}

/**
 * Entry of a table at a one-hot bin of {@link searchBin}; `[...batch, bins]` → `[...batch]`. 0 without a bin.
 * @example
 * const oneHot = searchBin(tf.tensor1d([1.5]), tf.tensor1d([0, 1, 2]));
 * selectBin(oneHot, tf.tensor1d([10, 20, 30])); // → [20]
 */
export function selectBin(oneHot: tf.Tensor, table: tf.Tensor): tf.Tensor {
  return tf.tidy(() => tf.sum(tf.mul(oneHot, table), -1));
}
