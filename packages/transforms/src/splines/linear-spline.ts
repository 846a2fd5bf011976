import type { Bijection, BijectionFamily, Codec, ValueAndLogDet } from "@pushforward/core";
import { checkOptions, classCodec, field } from "@pushforward/core/extend";
import { binShares, clip, searchBin, selectBin } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { BoundBijection } from "../families/bound-bijection.ts";
import { withNumbers } from "../families/forms.ts";
import { checkSpline } from "../families/spline-options.ts";
import { identityTails } from "./identity-tails.ts";

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
/** A bin that is mapped to nothing divides 0 by 0 nowhere. */
const SMALLEST = 1e-30;

/**
 * The family of increasing piecewise linear maps of [−bound, bound], the identity outside, with `bins` parameters: K bins
 * of equal width, whose images have the shares `minBin + (1 − minBin·K)·softmax(u)` of the interval. In a bin from x₀ to y₀
 * of width w and height h,
 *
 *     y = y₀ + h·(x − x₀)/w,   log dy/dx = log(h/w)
 *
 * The density of such a map is a histogram: the derivative jumps at the knots. Zeros give the identity. Both directions
 * are closed.
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

  /** The map of parameters `[...batch, bins]`, which it borrows. Throws `ShapeError` for another last axis. */
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
