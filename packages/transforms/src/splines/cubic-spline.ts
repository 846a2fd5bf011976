import { type Bijection, type BijectionFamily, type Codec, OptionError, type ValueAndLogDet } from "@pushforward/core";
import { checkOptions, classCodec, currentTrace, field } from "@pushforward/core/extend";
import type { SplineTails } from "@pushforward/core/plain";
import { binShares, clip, searchBin, selectBin, stopGradient } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { BoundBijection, OFFSETS, withNumbers } from "../families/bound-bijection.ts";
import { checkSpline } from "../families/rational-quadratic.ts";
import { bracketedRoot, type IncreasingMap, tracedRoot } from "../roots.ts";
import { columns, identityTails, linearTails } from "./piecewise-splines.ts";

/** How bins and slopes of a cubic spline follow from its parameters; see {@link CubicSplineFamily}. */
export interface CubicSplineForm {
  /** Factor of the raw widths and heights. Default: 1. */
  readonly softmaxScale: number;
  /** Minimum slope at an end, as a share of the slope of its bin. Default: 1e-3. */
  readonly leastEnd: number;
  /** Offset of the raw slopes at the ends. By default, 0 is the slope of the bin. */
  readonly endOffset: number;
}

/** Options of {@link cubicSpline}. */
export interface CubicSplineOptions {
  /** Number of bins, 2 to 500. Default: 8. */
  readonly bins?: number;
  /** The spline acts on [−bound, bound]. Default: 5. */
  readonly bound?: number;
  /**
   * Outside it is linear with the slope that it has at ±bound, which is learned, or the identity, which makes the derivative jump
   * there. Default: `"linear"`.
   */
  readonly tails?: SplineTails;
  /** How bins and slopes follow from parameters. */
  readonly form?: Partial<CubicSplineForm>;
}

const BINS = 8;
const BOUND = 5;
const MIN_BIN = 1e-3;
const TAILS: readonly SplineTails[] = ["identity", "linear"];
const LEAST_END = 1e-3;
/** Maximum slope of an increasing cubic at the ends of a bin, relative to the slope of the bin. */
const STEEPEST = 3;

/**
 * The family of monotone cubic splines on [−bound, bound], with `2·bins + 2` parameters: K raw widths, K raw heights
 * and two raw end slopes. In a bin of width w, height h and slope `s = h/w`, with end slopes d₀ and d₁ and `θ = (x −
 * x₀)/w`,
 *
 *     y = y₀ + w·(d₀ θ + (3s − 2d₀ − d₁) θ² + (d₀ + d₁ − 2s) θ³)
 *
 * - widths and heights are the shares `0.001 + (1 − 0.001·K)·softmax(softmaxScale·u)` of the interval;
 * - slopes at inner knots follow from the bins on both sides, `min(2 s₀, 2 s₁, (w₁ s₀ + w₀ s₁)/(w₀ + w₁))`, which keeps
 * the map
 *   increasing (Steffen 1990);
 * - slopes at ±bound are `s·(leastEnd + (3 − leastEnd)·σ(u + endOffset))`; outside, the map continues in straight lines
 * with
 *   these slopes. With `tails: "identity"` it is the identity there, and the derivative has a step at ±bound.
 *
 * Zero parameters are the identity. The inverse finds the root of the cubic in its bin by Newton's method in float64,
 * because the closed formula loses its digits for a nearly linear cubic. Its gradient is the gradient of the implicit
 * function.
 *
 * @see Durkan et al. 2019, Cubic-Spline Flows, https://arxiv.org/abs/1906.02145; Steffen 1990, A simple method for
 * monotonic interpolation in one dimension, Astronomy and Astrophysics 239
 */
export class CubicSplineFamily implements BijectionFamily {
  readonly type = "pushforward/cubic-spline";
  readonly parameterCount: number;
  readonly bins: number;
  readonly bound: number;
  readonly tails: SplineTails;
  readonly form: CubicSplineForm;

  constructor(options: CubicSplineOptions = {}) {
    checkOptions("cubicSpline", options, { bins: true, bound: true, tails: true, form: true });
    const { bins = BINS, bound = BOUND, tails = "linear", form = {} } = options;
    checkSpline("cubicSpline", bins, bound);
    if (!TAILS.includes(tails)) {
      throw new OptionError(`cubicSpline: expected tails "identity" or "linear", got ${JSON.stringify(tails)}.`);
    }
    this.bins = bins;
    this.bound = bound;
    this.tails = tails;
    const { leastEnd = LEAST_END } = form;
    this.form = withNumbers<keyof CubicSplineForm>("cubicSpline: expected form.", form, {
      softmaxScale: [1, 1e-6, 1e6],
      leastEnd: [LEAST_END, 0, 0.5],
      endOffset: [Math.log((1 - leastEnd) / (STEEPEST - 1)), ...OFFSETS],
    });
    this.parameterCount = 2 * bins + 2;
  }

  /**
   * Returns the map for parameters `[...batch, 2·bins + 2]`, which it borrows. Throws `ShapeError` for a wrong last
   * axis.
   */
  bind(parameters: tf.Tensor): Bijection {
    const { bound, tails } = this;
    return new BoundBijection("cubicSpline", this.parameterCount, parameters, (value, raw, inverse) => {
      const map = (inside: tf.Tensor): ValueAndLogDet => this.insideBox(inside, raw, inverse);
      return tails === "linear" ? linearTails(value, [-bound, bound], map) : identityTails(value, bound, map);
    });
  }

  private insideBox(value: tf.Tensor, raw: tf.Tensor, inverse: boolean): ValueAndLogDet {
    const { bins, bound } = this;
    const { widths, heights, ratios } = this.knots(raw);
    const leftX = tf.sub(tf.cumsum(widths, raw.rank - 1, true), bound);
    const leftY = tf.sub(tf.cumsum(heights, raw.rank - 1, true), bound);
    const oneHot = searchBin(value, inverse ? leftY : leftX);
    const tables = [widths, heights, leftX, leftY, columns(ratios, 0, bins), columns(ratios, bins, bins)];
    const [w, h, x0, y0, a, b] = tables.map((table) => selectBin(oneHot, table)) as [
      tf.Tensor,
      tf.Tensor,
      tf.Tensor,
      tf.Tensor,
      tf.Tensor,
      tf.Tensor,
    ];
    const share = clip(inverse ? tf.div(tf.sub(value, y0), h) : tf.div(tf.sub(value, x0), w), 0, 1);
    const theta = inverse ? inverseTheta(share, a, b) : share;
    const [rise, slope] = cubic(theta, a, b);
    const logSlope = tf.log(tf.div(tf.mul(slope, h), w));
    return inverse ? [tf.add(x0, tf.mul(w, theta)), tf.neg(logSlope)] : [tf.add(y0, tf.mul(h, rise)), logSlope];
  }

  /** The bins, with their left and right end slopes relative to the slopes of the bins. */
  private knots(raw: tf.Tensor): Readonly<Record<"widths" | "heights" | "ratios", tf.Tensor>> {
    const { bins, bound, form } = this;
    const { softmaxScale, leastEnd, endOffset } = form;
    const sizes = (from: number): tf.Tensor =>
      tf.mul(binShares(columns(raw, from, bins), { softmaxScale, softmaxLimit: 0, minBin: MIN_BIN }), 2 * bound);
    const [widths, heights] = [sizes(0), sizes(bins)];
    const slopes = tf.div(heights, widths);
    const [w0, w1] = [columns(widths, 0, bins - 1), columns(widths, 1, bins - 1)];
    const [s0, s1] = [columns(slopes, 0, bins - 1), columns(slopes, 1, bins - 1)];
    const between = tf.div(tf.add(tf.mul(w1, s0), tf.mul(w0, s1)), tf.add(w0, w1));
    const inner = tf.minimum(tf.mul(tf.minimum(s0, s1), 2), between);
    const ends = tf.add(
      tf.mul(tf.sigmoid(tf.add(columns(raw, 2 * bins, 2), endOffset)), STEEPEST - leastEnd),
      leastEnd,
    );
    const left = tf.concat([columns(ends, 0, 1), tf.div(inner, s1)], -1);
    const right = tf.concat([tf.div(inner, s0), columns(ends, 1, 1)], -1);
    return { widths, heights, ratios: tf.concat([left, right], -1) };
  }
}

/**
 * `a θ + (3 − 2a − b) θ² + (a + b − 2) θ³`, which runs from 0 to 1 with the slopes a and b at 0 and 1, and its slope.
 */
function cubic(theta: tf.Tensor, a: tf.Tensor, b: tf.Tensor): [value: tf.Tensor, slope: tf.Tensor] {
  const rest = tf.sub(1, theta);
  const cross = tf.mul(theta, rest);
  // Sums of terms that are not negative, but for the slope's last one.
  const value = tf.add(
    tf.mul(tf.square(theta), tf.add(tf.mul(rest, 2), 1)),
    tf.mul(cross, tf.sub(tf.mul(a, rest), tf.mul(b, theta))),
  );
  const slope = tf.add(
    tf.add(tf.mul(a, tf.square(rest)), tf.mul(b, tf.square(theta))),
    tf.mul(tf.mul(cross, tf.sub(tf.sub(3, a), b)), 2),
  );
  return [value, slope];
}

/** The θ at which the cubic is `share`. */
function inverseTheta(share: tf.Tensor, a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  const root = rootsOf(stopGradient(share), a, b);
  const [value, slope] = cubic(root, a, b);
  const residual = tf.sub(value, share);
  // 0, with the gradient of the equation: in float32 the residual itself would only be roundings.
  const zero = tf.sub(residual, stopGradient(residual));
  return tf.sub(root, tf.div(zero, stopGradient(slope)));
}

/** The root in float64, without a gradient. */
function rootsOf(share: tf.Tensor, a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  if (currentTrace() !== undefined) return tracedRoot(onLine(a, b), share);
  const [goals, left, right] = [share.dataSync(), a.dataSync(), b.dataSync()];
  const roots = Float32Array.from(goals, (goal, i) => {
    if (Number.isNaN(goal)) return goal;
    const [p, q] = [left[i] as number, right[i] as number];
    const [c2, c3] = [3 - 2 * p - q, p + q - 2];
    return bracketedRoot((t) => [((c3 * t + c2) * t + p) * t - goal, (3 * c3 * t + 2 * c2) * t + p], 0, 1);
  });
  return tf.tensor(roots, share.shape);
}

/** The cubic, continued as a line outside of [0, 1]. */
function onLine(a: tf.Tensor, b: tf.Tensor): IncreasingMap {
  return (theta) => {
    const inside = clip(theta, 0, 1);
    const [value, slope] = cubic(inside, a, b);
    return [tf.add(value, tf.sub(theta, inside)), tf.where(tf.equal(theta, inside), tf.log(slope), 0)];
  };
}

/**
 * The family of monotone cubic splines.
 *
 * @throws {OptionError} `bins` is not an integer from 2 to 500, `bound` not above 0, `tails` unknown, or a number of `form`
 * out of range.
 * @example
 * cubicSpline({ bins: 4 }).bind(tf.zeros([1, 10])).forward(tf.tensor1d([7])); // → [7]
 */
export function cubicSpline(options: CubicSplineOptions = {}): CubicSplineFamily {
  return new CubicSplineFamily(options);
}

/** Codec of {@link CubicSplineFamily}. */
export const cubicSplineCodec: Codec<CubicSplineFamily> = classCodec("pushforward/cubic-spline", CubicSplineFamily, {
  bins: field.count({ min: 2, max: 500 }),
  bound: field.number(),
  tails: field.oneOf(...TAILS),
  form: field.form<CubicSplineForm>((form) => ({
    softmaxScale: form.number("softmaxScale"),
    leastEnd: form.number("leastEnd"),
    endOffset: form.number("endOffset"),
  })),
});
