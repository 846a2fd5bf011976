import { type Codec, OptionError, type Parameter, type Shape, ShapeError } from "@pushforward/core";
import {
  AbstractBijection,
  AbstractElementwise,
  checkOptions,
  classCodec,
  type Direction,
  describeValue,
  field,
  type LoweredMap,
  type MapResult,
  type PlanBuilder,
  type PlanMatrix,
  parameter,
} from "@pushforward/core/extend";
import { sizeOf } from "@pushforward/core/plain";
import { constantScaleStep, learnedScaleStep } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { checkFeatures } from "../check-features.ts";
import { POSITIVE_FORM, positiveScale, rawScale } from "../positive-scale.ts";

/** Options of {@link AffineElementwise}: `features`, or `shape` for events of a different rank. */
export interface AffineElementwiseOptions {
  readonly features?: number;
  readonly shape?: Shape;
  /** Positive scales to start from: one number, or one for each element, row-major. Default 1. */
  readonly scale?: number | ArrayLike<number>;
  /** Shifts to start from, likewise. Default 0. */
  readonly shift?: number | ArrayLike<number>;
}

/**
 * A learnable scale and shift for each element: `x_i = a_i·u_i + b_i`, `log|det| = Σ log a_i`.
 *
 * The scale is `a = softplus(raw + log(e − 1))`: it starts at 1 and no step of training can take it to 0 or below.
 *
 * Shapes: u and x `[...batch, ...shape]`, log-det `[...batch]`.
 *
 * @throws {OptionError} neither or both of `features` and `shape`, a scale below 1e-30, a number that is not finite.
 * @throws {ShapeError} `scale` or `shift` with the wrong number of elements; a value with a different event shape.
 * @example
 * const transform = new AffineElementwise({ features: 2, scale: 0.5, shift: [10, 20] });
 * transform.forward(tf.tensor1d([2, 4])); // → [11, 22]
 */
export class AffineElementwise extends AbstractElementwise {
  readonly shape: Shape;
  private readonly scale: Parameter;
  private readonly shift: Parameter;

  constructor(options: AffineElementwiseOptions) {
    checkOptions("AffineElementwise", options, { features: true, shape: true, scale: true, shift: true });
    const shape = shapeOf(options);
    super("AffineElementwise", shape);
    this.shape = shape;
    this.scale = startingAt("scale", shape, options.scale, checkedRawScale);
    this.shift = startingAt("shift", shape, options.shift, (value) => value);
  }

  protected forwardMap(u: tf.Tensor): MapResult {
    const scale = positiveScale(this.scale.variable);
    return [tf.add(tf.mul(u, scale), this.shift.variable), tf.log(scale)];
  }

  protected inverseMap(x: tf.Tensor): MapResult {
    const scale = positiveScale(this.scale.variable);
    return [tf.div(tf.sub(x, this.shift.variable), scale), tf.neg(tf.log(scale))];
  }

  lower(plan: PlanBuilder, direction: Direction, value: PlanMatrix): LoweredMap {
    const { scale: rawScale, shift } = this;
    return learnedScaleStep(plan, direction, this.planEvent(value), { rawScale, shift, scale: POSITIVE_FORM });
  }
}

/** Codec of {@link AffineElementwise}. */
export const affineElementwiseCodec: Codec<AffineElementwise> = classCodec(
  "pushforward/affine-elementwise",
  AffineElementwise,
  { shape: field.counts() },
);

const WHERE = "AffineElementwise";

function shapeOf({ features, shape }: AffineElementwiseOptions): Shape {
  if ((features === undefined) === (shape === undefined)) {
    throw new OptionError(`${WHERE}: expected features or shape, got ${features === undefined ? "neither" : "both"}.`);
  }
  if (features !== undefined) return [checkFeatures(WHERE, features)];
  for (const axis of shape ?? []) {
    if (!Number.isSafeInteger(axis) || axis < 1) {
      throw new OptionError(`${WHERE}: expected a shape of integers of at least 1, got ${describeValue(axis)}.`);
    }
  }
  return [...(shape ?? [])];
}

function startingAt(
  name: string,
  shape: Shape,
  start: number | ArrayLike<number> | undefined,
  raw: (value: number, at: string) => number,
): Parameter {
  // Zeros are left to the parameter, which allocates nothing before it is used.
  if (start === undefined) return parameter(shape);
  const size = sizeOf(shape);
  const values = typeof start === "number" ? new Array<number>(size).fill(start) : Array.from(start);
  if (values.length !== size) {
    throw new ShapeError(`${WHERE}: expected ${name} to have ${size} elements, got ${values.length}.`);
  }
  return parameter(
    shape,
    values.map((value, i) => {
      const at = typeof start === "number" ? name : `${name}[${i}]`;
      if (!Number.isFinite(value))
        throw new OptionError(`${WHERE}: expected ${at} to be finite, got ${describeValue(value)}.`);
      return raw(value, `${WHERE}: expected ${at}`);
    }),
  );
}

function checkedRawScale(value: number, expected: string): number {
  const { smallest } = POSITIVE_FORM;
  if (!(value >= smallest)) throw new OptionError(`${expected} to be at least ${smallest}, got ${value}.`);
  return rawScale(value);
}

const SMALLEST_SCALE = 2 ** -126;
const LARGEST = (2 - 2 ** -23) * 2 ** 127;

/** Options of {@link ConstantAffine}: one number for each feature. */
export interface ConstantAffineOptions {
  readonly shift: ArrayLike<number>;
  /** Not 0; negative scales flip an axis. */
  readonly scale: ArrayLike<number>;
}

/**
 * A fixed scale and shift: `x_i = scale_i·u_i + shift_i`, `log|det| = Σ log|scale_i|`. With the standard deviations and
 * means of the data it makes the standardization a part of the model, so that densities are in the units of the data.
 *
 * The numbers are kept in float64. A shift is applied in two float32 parts, the rounded shift and its rounding error:
 * `x − shift` is then as exact as x is, also for a shift of 1e6 with a spread of 1.
 *
 * Shapes: u and x `[...batch, features]`, log-det `[...batch]`.
 *
 * @throws {ShapeError} `shift` and `scale` of different lengths; a value with a different event shape.
 * @throws {OptionError} no features; a number that float32 can't represent, or a scale of 0.
 * @example
 * const standardize = new ConstantAffine({ shift: [1e6, -3], scale: [250, 0.5] });
 */
export class ConstantAffine extends AbstractBijection {
  readonly shift: readonly number[];
  readonly scale: readonly number[];
  private readonly logDet: number;

  constructor(options: ConstantAffineOptions) {
    checkOptions("ConstantAffine", options, { shift: true, scale: true });
    const { shift, scale } = options;
    super("ConstantAffine", [scale.length]);
    this.shift = Array.from(shift);
    this.scale = Array.from(scale);
    checkNumbers(this.shift, this.scale);
    this.logDet = this.scale.reduce((sum, value) => sum + Math.log(Math.abs(value)), 0);
  }

  protected forwardMap(u: tf.Tensor): MapResult {
    const [high, low] = this.shiftParts();
    // The small part goes onto the small number first.
    return [tf.add(tf.add(tf.mul(u, tf.tensor1d([...this.scale])), low), high), this.logDet];
  }

  protected inverseMap(x: tf.Tensor): MapResult {
    const [high, low] = this.shiftParts();
    return [tf.div(tf.sub(tf.sub(x, high), low), tf.tensor1d([...this.scale])), -this.logDet];
  }

  lower(plan: PlanBuilder, direction: Direction, value: PlanMatrix): LoweredMap {
    return constantScaleStep(plan, direction, this.planEvent(value), this);
  }

  private shiftParts(): [high: tf.Tensor, low: tf.Tensor] {
    const high = this.shift.map((value) => Math.fround(value));
    const low = this.shift.map((value, i) => value - (high[i] as number));
    return [tf.tensor1d(high), tf.tensor1d(low)];
  }
}

/** Codec of {@link ConstantAffine}. */
export const constantAffineCodec: Codec<ConstantAffine> = classCodec("pushforward/constant-affine", ConstantAffine, {
  shift: field.numbers({ min: -LARGEST, max: LARGEST }),
  scale: field.numbers({ min: -LARGEST, max: LARGEST }),
});

function checkNumbers(shift: readonly number[], scale: readonly number[]): void {
  if (shift.length !== scale.length) {
    throw new ShapeError(`ConstantAffine: expected one shift for each of ${scale.length} scales, got ${shift.length}.`);
  }
  if (scale.length === 0) throw new OptionError("ConstantAffine: expected at least 1 feature, got 0.");
  for (const [i, value] of shift.entries()) {
    if (!(Math.abs(value) <= LARGEST)) {
      throw new OptionError(
        `ConstantAffine: expected shift[${i}] to be a finite float32, got ${describeValue(value)}.`,
      );
    }
  }
  for (const [i, value] of scale.entries()) {
    if (!(Math.abs(value) >= SMALLEST_SCALE && Math.abs(value) <= LARGEST)) {
      throw new OptionError(
        `ConstantAffine: expected scale[${i}] to be a finite, nonzero float32, got ${describeValue(value)}. Use 1 for a constant column.`,
      );
    }
  }
}
