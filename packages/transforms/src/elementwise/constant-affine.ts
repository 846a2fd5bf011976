import { type Codec, OptionError, ShapeError } from "@pushforward/core";
import {
  AbstractBijection,
  checkOptions,
  classCodec,
  type Direction,
  describeValue,
  field,
  type LoweredMap,
  type MapResult,
  type PlanBuilder,
  type PlanMatrix,
} from "@pushforward/core/extend";
import { constantScaleStep } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";

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
 * The numbers are kept in float64. A shift is applied in two float32 parts, the rounded shift and what the rounding
 * lost: `x − shift` is then as exact as x is, also for a shift of 1e6 with a spread of 1.
 *
 * Shapes: u and x `[...batch, features]`, log-det `[...batch]`.
 *
 * @throws {ShapeError} `shift` and `scale` of different lengths; a value with another event shape.
 * @throws {OptionError} no features; a number that float32 can't hold, or a scale of 0.
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
