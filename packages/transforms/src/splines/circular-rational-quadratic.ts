import { type Bijection, type BijectionFamily, type Codec, OptionError, type ValueAndLogDet } from "@pushforward/core";
import { checkOptions, classCodec, field } from "@pushforward/core/extend";
import type { SplineForm } from "@pushforward/core/plain";
import { clip, rationalQuadraticSpline } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { BoundBijection, splineForm, splineFormField } from "../families/bound-bijection.ts";
import { checkSpline } from "../families/rational-quadratic.ts";
import { outside } from "../positive-scale.ts";
import { columns } from "./piecewise-splines.ts";

/** The slope of a circular spline at ±π: learned, or 1. */
export type CircularEnds = "learned" | "one";

/** Options of {@link circularRationalQuadratic}. */
export interface CircularRationalQuadraticOptions {
  /** Number of bins, 2 to 500. Default: 8. */
  readonly bins?: number;
  /**
   * An angle in radians from −π to π that is added before the spline, which leaves ±π where they are. Layers with different
   * ones, or with π, have no fixed point in common. Default: 0.
   */
  readonly shift?: number;
  /** The slope at ±π, one for both: a parameter, or 1. Default: `"learned"`. */
  readonly ends?: CircularEnds;
  /** How bins and slopes follow from parameters, as of a `RationalQuadraticFamily`. */
  readonly form?: Partial<SplineForm>;
}

const BINS = 8;
const ENDS: readonly CircularEnds[] = ["learned", "one"];
/** Half a turn, rounded up to float32, so that all angles are inside. */
const HALF = Math.fround(Math.PI);

/**
 * The family of rational-quadratic splines of the circle, maps of angles [−π, π) in radians, with `3·bins` parameters:
 * widths and heights of K bins, and slopes at the knots. The first slope applies at both −π and π. Value and derivative
 * are continuous around the circle. With `ends: "one"` the slope at ±π is 1, and the family has `3·bins − 1`
 * parameters.
 *
 *     y = spline(wrap(x + shift)),   wrap(a) = a − 2π·⌊(a + π)/2π⌋
 *
 * Zero parameters are the rotation by `shift`, the identity by default. Outside [−π, π] the log-det is −∞, and so is
 * the log-density of a flow: reduce angles modulo 2π first.
 *
 * @see Rezende et al. 2020, Normalizing Flows on Tori and Spheres, https://arxiv.org/abs/2002.02428
 */
export class CircularRationalQuadraticFamily implements BijectionFamily {
  readonly type = "pushforward/circular-rational-quadratic";
  readonly parameterCount: number;
  readonly bins: number;
  readonly shift: number;
  readonly ends: CircularEnds;
  readonly form: SplineForm;

  constructor(options: CircularRationalQuadraticOptions = {}) {
    checkOptions("circularRationalQuadratic", options, { bins: true, shift: true, ends: true, form: true });
    const { bins = BINS, shift = 0, ends = "learned", form = {} } = options;
    checkSpline("circularRationalQuadratic", bins, HALF);
    if (!(Math.abs(shift) <= HALF)) {
      throw new OptionError(`circularRationalQuadratic: expected shift from −π to π, got ${shift}.`);
    }
    if (!ENDS.includes(ends)) {
      throw new OptionError(
        `circularRationalQuadratic: expected ends to be "learned" or "one", got ${JSON.stringify(ends)}.`,
      );
    }
    this.bins = bins;
    this.shift = shift;
    this.ends = ends;
    this.form = splineForm("circularRationalQuadratic", bins, form);
    this.parameterCount = ends === "learned" ? 3 * bins : 3 * bins - 1;
  }

  /**
   * Returns the map for parameters `[...batch, parameterCount]`, which it borrows: widths, heights, slopes starting at
   * −π. Throws `ShapeError` for a wrong last axis.
   */
  bind(parameters: tf.Tensor): Bijection {
    return new BoundBijection("circularRationalQuadratic", this.parameterCount, parameters, (value, raw, inverse) =>
      this.map(value, raw, inverse),
    );
  }

  private map(value: tf.Tensor, raw: tf.Tensor, inverse: boolean): ValueAndLogDet {
    const { bins, ends, form, shift } = this;
    const isLearned = ends === "learned";
    const values = isLearned ? tf.concat([raw, columns(raw, 2 * bins, 1)], -1) : raw;
    const inside = clip(value, -HALF, HALF);
    const [mapped, logDet] = rationalQuadraticSpline(inverse ? inside : turn(inside, shift), values, {
      bins,
      bound: HALF,
      tails: isLearned ? "linear" : "identity",
      form,
      inverse,
    });
    return [inverse ? turn(mapped, -shift) : mapped, outside(tf.sub(HALF, tf.abs(value)), logDet)];
  }
}

/** An angle from −π to π, turned. */
function turn(angle: tf.Tensor, shift: number): tf.Tensor {
  if (shift === 0) return angle;
  const turned = tf.add(angle, shift);
  const half = Math.PI;
  // One turn at most: nothing is lost in a division.
  const back = tf.where(tf.greaterEqual(turned, half), -2 * half, tf.where(tf.less(turned, -half), 2 * half, 0));
  return clip(tf.add(turned, back), -HALF, HALF);
}

/**
 * The family of rational-quadratic splines of the circle.
 *
 * @throws {OptionError} `bins` is not an integer from 2 to 500, `shift` not from −π to π, `ends` unknown, or a number of `form`
 * out of range.
 * @example
 * circularRationalQuadratic({ bins: 4 }).bind(tf.zeros([1, 12])).forward(tf.tensor1d([2])); // → [2]
 */
export function circularRationalQuadratic(
  options: CircularRationalQuadraticOptions = {},
): CircularRationalQuadraticFamily {
  return new CircularRationalQuadraticFamily(options);
}

/** Codec of {@link CircularRationalQuadraticFamily}. */
export const circularRationalQuadraticCodec: Codec<CircularRationalQuadraticFamily> = classCodec(
  "pushforward/circular-rational-quadratic",
  CircularRationalQuadraticFamily,
  {
    bins: field.count({ min: 2, max: 500 }),
    shift: field.number(),
    ends: field.oneOf(...ENDS),
    form: splineFormField,
  },
);
