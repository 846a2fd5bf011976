import type { Bijection, BijectionFamily, Codec, ValueAndLogDet } from "@pushforward/core";
import { checkOptions, classCodec, field } from "@pushforward/core/extend";
import { binShares, clip, searchBin, selectBin, softplus } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { BoundBijection, withNumbers } from "../families/bound-bijection.ts";
import { checkSpline } from "../families/rational-quadratic.ts";

/**
 * A map of [−bound, bound] onto itself, continued by the identity. Its inputs are clipped; NaN passes through the map.
 */
export function identityTails(
  value: tf.Tensor,
  bound: number,
  map: (inside: tf.Tensor) => ValueAndLogDet,
): ValueAndLogDet {
  const [mapped, logDet] = map(clip(value, -bound, bound));
  const isOutside = tf.greater(tf.abs(value), bound);
  return [tf.where(isOutside, value, mapped), tf.where(isOutside, 0, logDet)];
}

/** Options of {@link linearSpline}. */
export interface LinearSplineOptions {
  /** Number of bins, 2 to 500. Default: 8. */
  readonly bins?: number;
  /** The spline acts on [−bound, bound] and is the identity outside. Default: 5. */
  readonly bound?: number;
  /** The smallest share of the interval that a bin is mapped to, from 0 to half of 1/bins. Default: 1e-3. */
  readonly minBin?: number;
}

const BINS = 8;
const BOUND = 5;
const MIN_BIN = 1e-3;
/** An empty bin never divides 0 by 0. */
const SMALLEST = 1e-30;

/**
 * The family of increasing piecewise linear maps of [−bound, bound], the identity outside, with `bins` parameters: K
 * bins of equal width with images that are the shares `minBin + (1 − minBin·K)·softmax(u)` of the interval. In a bin
 * from x₀ to y₀ of width w and height h,
 *
 *     y = y₀ + h·(x − x₀)/w,   log dy/dx = log(h/w)
 *
 * The density of such a map is a histogram: the derivative jumps at the knots. Zero parameters are the identity. Both
 * directions have a closed form.
 *
 * @see Müller et al. 2019, Neural Importance Sampling, https://arxiv.org/abs/1808.03856
 */
export class LinearSplineFamily implements BijectionFamily {
  readonly type = "pushforward/linear-spline";
  readonly parameterCount: number;
  readonly bins: number;
  readonly bound: number;
  readonly minBin: number;

  constructor(options: LinearSplineOptions = {}) {
    checkOptions("linearSpline", options, { bins: true, bound: true, minBin: true });
    const { bins = BINS, bound = BOUND, minBin = MIN_BIN } = options;
    checkSpline("linearSpline", bins, bound);
    this.bins = bins;
    this.bound = bound;
    // At least half of the interval is left to learn.
    this.minBin = withNumbers("linearSpline: expected ", { minBin }, { minBin: [MIN_BIN, 0, 0.5 / bins] }).minBin;
    this.parameterCount = bins;
  }

  /** Returns the map for parameters `[...batch, bins]`, which it borrows. Throws `ShapeError` for a wrong last axis. */
  bind(parameters: tf.Tensor): Bijection {
    return new BoundBijection("linearSpline", this.parameterCount, parameters, (value, raw, inverse) =>
      identityTails(value, this.bound, (inside) => this.insideBox(inside, raw, inverse)),
    );
  }

  private insideBox(value: tf.Tensor, raw: tf.Tensor, inverse: boolean): ValueAndLogDet {
    const { bins, bound, minBin } = this;
    const width = (2 * bound) / bins;
    const heights = tf.mul(binShares(raw, { softmaxScale: 1, softmaxLimit: 0, minBin }), 2 * bound);
    const leftX = tf.broadcastTo(
      tf.tensor1d(Float32Array.from({ length: bins }, (_, k) => k * width - bound)),
      heights.shape,
    );
    const leftY = tf.sub(tf.cumsum(heights, heights.rank - 1, true), bound);
    const oneHot = searchBin(value, inverse ? leftY : leftX);
    const [h, x0, y0] = [heights, leftX, leftY].map((table) => selectBin(oneHot, table)) as [
      tf.Tensor,
      tf.Tensor,
      tf.Tensor,
    ];
    const height = tf.maximum(h, SMALLEST);
    const share = clip(inverse ? tf.div(tf.sub(value, y0), height) : tf.div(tf.sub(value, x0), width), 0, 1);
    // The product with 0 is 0, or NaN for NaN.
    const logSlope = tf.add(tf.log(tf.div(height, width)), tf.mul(share, 0));
    return inverse
      ? [tf.add(x0, tf.mul(share, width)), tf.neg(logSlope)]
      : [tf.add(y0, tf.mul(share, height)), logSlope];
  }
}

/**
 * The family of increasing piecewise linear maps on bins of equal width.
 *
 * @throws {OptionError} `bins` is not an integer from 2 to 500, `bound` not above 0, or `minBin` out of range.
 * @example
 * linearSpline({ bins: 4 }).bind(tf.zeros([1, 4])).forward(tf.tensor1d([2])); // → [2]
 */
export function linearSpline(options: LinearSplineOptions = {}): LinearSplineFamily {
  return new LinearSplineFamily(options);
}

/** Codec of {@link LinearSplineFamily}. */
export const linearSplineCodec: Codec<LinearSplineFamily> = classCodec(
  "pushforward/linear-spline",
  LinearSplineFamily,
  {
    bins: field.count({ min: 2, max: 500 }),
    bound: field.number(),
    minBin: field.number(),
  },
);

/** `size` entries of the last axis, from one on. */
export function columns(table: tf.Tensor, from: number, size: number): tf.Tensor {
  const batch = table.shape.slice(0, -1);
  return tf.slice(table, [...batch.map(() => 0), from], [...batch, size]);
}

/** How bins and slopes of a quadratic spline follow from its parameters; see {@link QuadraticSplineFamily}. */
export interface QuadraticSplineForm {
  /** Factor of the raw widths. Default: 1. */
  readonly softmaxScale: number;
  /** Factor of the raw slopes. Default: 1. */
  readonly slopeScale: number;
  /** The weight ω of the end bins, from 0 to 1/2. Default: 1/2, which makes the slopes at the ends 1. */
  readonly endWeight: number;
}

/** Options of {@link quadraticSpline}. */
export interface QuadraticSplineOptions {
  /** Number of bins, 2 to 500. Default: 8. */
  readonly bins?: number;
  /** The spline acts on [−bound, bound] and is the identity outside. Default: 5. */
  readonly bound?: number;
  /** How bins and slopes follow from parameters. */
  readonly form?: Partial<QuadraticSplineForm>;
}
/** The smallest slope before and after the slopes are scaled. */
const LEAST = 1e-3;
/** Not 0, where the root has no derivative. */
const SMALLEST_DISCRIMINANT = 1e-36;

/**
 * The family of increasing piecewise quadratic maps of [−bound, bound], the identity outside, with `2·bins − 1`
 * parameters: K raw widths and K − 1 raw slopes at the inner knots. The derivative is piecewise linear. In a bin from
 * (x₀, y₀) of width w, with boundary slopes d₀ and d₁ and `θ = (x − x₀)/w`,
 *
 *     y = y₀ + w·(d₀ θ + ½ (d₁ − d₀) θ²),   dy/dx = d₀ + (d₁ − d₀) θ
 *
 * - widths are the shares `0.001 + (1 − 0.001·K)·softmax(softmaxScale·u)` of the interval;
 * - slopes are `0.001 + softplus(slopeScale·u)`, divided by their integral c, and at least 0.001; end slopes are `(ω w₁
 * d₁ + Σ w_k (d_{k−1} + d_k)/2 + ω w_K d_{K−1}) / (1 − ω (w₁ + w_K))`, the sum over the inner bins. For ω = 1/2, the
 * default, this is c: the slopes at ±bound are 1, and the derivative is continuous. For a different ω it is
 * discontinuous there.
 *
 * Zero parameters are the identity for ω = 1/2. Both directions have a closed form. The inverse takes the root without
 * a subtraction.
 *
 * @see Müller et al. 2019, Neural Importance Sampling, https://arxiv.org/abs/1808.03856
 */
export class QuadraticSplineFamily implements BijectionFamily {
  readonly type = "pushforward/quadratic-spline";
  readonly parameterCount: number;
  readonly bins: number;
  readonly bound: number;
  readonly form: QuadraticSplineForm;

  constructor(options: QuadraticSplineOptions = {}) {
    checkOptions("quadraticSpline", options, { bins: true, bound: true, form: true });
    const { bins = BINS, bound = BOUND, form = {} } = options;
    checkSpline("quadraticSpline", bins, bound);
    this.bins = bins;
    this.bound = bound;
    this.form = withNumbers<keyof QuadraticSplineForm>("quadraticSpline: expected form.", form, {
      softmaxScale: [1, 1e-6, 1e6],
      slopeScale: [1, 1e-6, 1e6],
      endWeight: [0.5, 0, 0.5],
    });
    this.parameterCount = 2 * bins - 1;
  }

  /**
   * Returns the map for parameters `[...batch, 2·bins − 1]`, which it borrows. Throws `ShapeError` for a wrong last
   * axis.
   */
  bind(parameters: tf.Tensor): Bijection {
    return new BoundBijection("quadraticSpline", this.parameterCount, parameters, (value, raw, inverse) =>
      identityTails(value, this.bound, (inside) => this.insideBox(inside, raw, inverse)),
    );
  }

  private insideBox(value: tf.Tensor, raw: tf.Tensor, inverse: boolean): ValueAndLogDet {
    const { bins, bound } = this;
    const last = raw.rank - 1;
    const { shares, slopes } = this.knots(raw);
    const widths = tf.mul(shares, 2 * bound);
    const [left, right] = [columns(slopes, 0, bins), columns(slopes, 1, bins)];
    const leftX = tf.sub(tf.cumsum(widths, last, true), bound);
    const leftY = tf.sub(tf.cumsum(tf.mul(widths, tf.mul(tf.add(left, right), 0.5)), last, true), bound);
    const oneHot = searchBin(value, inverse ? leftY : leftX);
    const [w, x0, y0, d0, d1] = [widths, leftX, leftY, left, right].map((table) => selectBin(oneHot, table)) as [
      tf.Tensor,
      tf.Tensor,
      tf.Tensor,
      tf.Tensor,
      tf.Tensor,
    ];
    const rise = tf.sub(d1, d0);
    const share = inverse ? inverseShare(tf.div(tf.sub(value, y0), w), d0, rise) : tf.div(tf.sub(value, x0), w);
    const theta = clip(share, 0, 1);
    const logSlope = tf.log(tf.add(d0, tf.mul(rise, theta)));
    if (inverse) return [tf.add(x0, tf.mul(w, theta)), tf.neg(logSlope)];
    return [tf.add(y0, tf.mul(tf.mul(w, theta), tf.add(d0, tf.mul(tf.mul(rise, theta), 0.5)))), logSlope];
  }

  /** Widths with sum 1, and slopes at all knots with integral 1. */
  private knots(raw: tf.Tensor): { readonly shares: tf.Tensor; readonly slopes: tf.Tensor } {
    const { bins, form } = this;
    const { softmaxScale, slopeScale, endWeight } = form;
    const shares = binShares(columns(raw, 0, bins), { softmaxScale, softmaxLimit: 0, minBin: MIN_BIN });
    const inner = tf.add(softplus(tf.mul(columns(raw, bins, bins - 1), slopeScale)), LEAST);
    const ends = tf.concat([columns(shares, 0, 1), columns(shares, bins - 1, 1)], -1);
    const atEnds = tf.concat([columns(inner, 0, 1), columns(inner, bins - 2, 1)], -1);
    const sum = (values: tf.Tensor): tf.Tensor => tf.sum(values, -1, true);
    let area = tf.mul(sum(tf.mul(ends, atEnds)), endWeight);
    if (bins > 2) {
      const means = tf.mul(tf.add(columns(inner, 0, bins - 2), columns(inner, 1, bins - 2)), 0.5);
      area = tf.add(area, sum(tf.mul(columns(shares, 1, bins - 2), means)));
    }
    const end = tf.div(area, tf.sub(1, tf.mul(sum(ends), endWeight)));
    const all = tf.concat([end, inner, end], -1);
    const total = sum(tf.mul(shares, tf.mul(tf.add(columns(all, 0, bins), columns(all, 1, bins)), 0.5)));
    return { shares, slopes: tf.add(tf.mul(tf.div(all, total), 1 - LEAST), LEAST) };
  }
}

/** The θ from 0 to 1 with `d₀ θ + ½ rise θ² = share`; d₀ is above 0. */
function inverseShare(share: tf.Tensor, d0: tf.Tensor, rise: tf.Tensor): tf.Tensor {
  const discriminant = tf.add(tf.square(d0), tf.mul(tf.mul(rise, share), 2));
  return tf.div(tf.mul(share, 2), tf.add(d0, tf.sqrt(tf.maximum(discriminant, SMALLEST_DISCRIMINANT))));
}

/**
 * The family of increasing piecewise quadratic maps.
 *
 * @throws {OptionError} `bins` is not an integer from 2 to 500, `bound` not above 0, or a number of `form` out of range.
 * @example
 * quadraticSpline({ bins: 4 }).bind(tf.zeros([1, 7])).forward(tf.tensor1d([2])); // → [2]
 */
export function quadraticSpline(options: QuadraticSplineOptions = {}): QuadraticSplineFamily {
  return new QuadraticSplineFamily(options);
}

/** Codec of {@link QuadraticSplineFamily}. */
export const quadraticSplineCodec: Codec<QuadraticSplineFamily> = classCodec(
  "pushforward/quadratic-spline",
  QuadraticSplineFamily,
  {
    bins: field.count({ min: 2, max: 500 }),
    bound: field.number(),
    form: field.form<QuadraticSplineForm>((form) => ({
      softmaxScale: form.number("softmaxScale"),
      slopeScale: form.number("slopeScale"),
      endWeight: form.number("endWeight"),
    })),
  },
);

const LARGEST_FLOAT32 = 3.4028234663852886e38;

/**
 * An increasing map of [−bound, bound], or its inverse, continued by lines with the end slopes. Its inputs are clipped;
 * NaN stays NaN.
 *
 * @param ends domain of the map.
 */
export function linearTails(
  value: tf.Tensor,
  [low, high]: readonly [low: number, high: number],
  map: (inside: tf.Tensor) => ValueAndLogDet,
): ValueAndLogDet {
  const inside = clip(value, low, high);
  const [mapped, logDet] = map(inside);
  // At ±∞ no slope changes the value, and 0 · ∞ must not come up in its gradient.
  const beyond = tf.sub(clip(value, -LARGEST_FLOAT32, LARGEST_FLOAT32), inside);
  const line = tf.add(mapped, tf.mul(beyond, tf.exp(logDet)));
  return [tf.where(tf.greater(tf.abs(value), LARGEST_FLOAT32), value, line), logDet];
}
