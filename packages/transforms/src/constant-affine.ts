import {
  type Bijection,
  type Codec,
  ConfigReader,
  checkPlanColumns,
  type Direction,
  defineCodec,
  type Json,
  type LoweredMap,
  ModelFileError,
  OptionError,
  type PlanBuilder,
  type PlanMatrix,
  type Shape,
  ShapeError,
  type ValueAndLogDet,
} from "@pushforward/core";
import { constantScaleStep } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { constantLogDet, onEvent, sameEventShape } from "./on-event.ts";

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
 * means of the data it makes the standardisation a part of the model, so that densities are in the units of the data.
 *
 * The numbers are kept in float64. A shift is applied in two float32 parts, the rounded shift and what the rounding
 * lost: `x − shift` is then as exact as x is, also for a shift of 1e6 with a spread of 1.
 *
 * Shapes: u and x `[...batch, features]`, log-det `[...batch]`.
 *
 * @throws {ShapeError} `shift` and `scale` of different lengths; a value with another event shape.
 * @throws {OptionError} no features; a number that float32 can't hold, or a scale of 0.
 * @example
 * const standardise = new ConstantAffine({ shift: [1e6, -3], scale: [250, 0.5] });
 */
export class ConstantAffine implements Bijection {
  readonly eventRankIn = 1;
  readonly eventRankOut = 1;
  readonly inverseKind = "analytic";
  readonly shift: readonly number[];
  readonly scale: readonly number[];
  private readonly logDet: number;

  constructor(options: ConstantAffineOptions) {
    this.shift = Array.from(options.shift);
    this.scale = Array.from(options.scale);
    if (this.shift.length !== this.scale.length) {
      throw new ShapeError(
        `ConstantAffine: expected one shift for each of ${this.scale.length} scales, got ${this.shift.length}.`,
      );
    }
    if (this.scale.length === 0) throw new OptionError("ConstantAffine: expected at least 1 feature, got 0.");
    for (const [i, value] of this.shift.entries()) {
      if (!(Math.abs(value) <= LARGEST)) {
        throw new OptionError(`ConstantAffine: expected shift[${i}] to be a finite float32, got ${value}.`);
      }
    }
    for (const [i, value] of this.scale.entries()) {
      if (!(Math.abs(value) >= SMALLEST_SCALE && Math.abs(value) <= LARGEST)) {
        throw new OptionError(
          `ConstantAffine: expected scale[${i}] to be a finite, nonzero float32, got ${value}. Use 1 for a constant column.`,
        );
      }
    }
    this.logDet = this.scale.reduce((sum, value) => sum + Math.log(Math.abs(value)), 0);
  }

  forwardShape(eventShape: Shape): Shape {
    return sameEventShape("ConstantAffine.forwardShape", eventShape, [this.scale.length]);
  }

  inverseShape(eventShape: Shape): Shape {
    return sameEventShape("ConstantAffine.inverseShape", eventShape, [this.scale.length]);
  }

  forward(x: tf.Tensor, context?: tf.Tensor): tf.Tensor {
    return onEvent("ConstantAffine.forward", x, [this.scale.length], context, (u) => this.push(u));
  }

  inverse(y: tf.Tensor, context?: tf.Tensor): tf.Tensor {
    return onEvent("ConstantAffine.inverse", y, [this.scale.length], context, (x) => this.pull(x));
  }

  forwardAndLogDet(x: tf.Tensor, context?: tf.Tensor): ValueAndLogDet {
    return onEvent("ConstantAffine.forwardAndLogDet", x, [this.scale.length], context, (u): ValueAndLogDet => {
      return [this.push(u), constantLogDet(this.logDet, u, 1)];
    });
  }

  inverseAndLogDet(y: tf.Tensor, context?: tf.Tensor): ValueAndLogDet {
    return onEvent("ConstantAffine.inverseAndLogDet", y, [this.scale.length], context, (x): ValueAndLogDet => {
      return [this.pull(x), constantLogDet(-this.logDet, x, 1)];
    });
  }

  lower(plan: PlanBuilder, direction: Direction, value: PlanMatrix): LoweredMap {
    checkPlanColumns("ConstantAffine", value, this.scale.length);
    return constantScaleStep(plan, direction, value, this);
  }

  private push(u: tf.Tensor): tf.Tensor {
    const [high, low] = this.shiftParts();
    // The small part goes onto the small number first.
    return tf.add(tf.add(tf.mul(u, tf.tensor1d([...this.scale])), low), high);
  }

  private pull(x: tf.Tensor): tf.Tensor {
    const [high, low] = this.shiftParts();
    return tf.div(tf.sub(tf.sub(x, high), low), tf.tensor1d([...this.scale]));
  }

  private shiftParts(): [high: tf.Tensor, low: tf.Tensor] {
    const high = this.shift.map((value) => Math.fround(value));
    const low = this.shift.map((value, i) => value - (high[i] as number));
    return [tf.tensor1d(high), tf.tensor1d(low)];
  }
}

/** Codec of {@link ConstantAffine}. */
export const constantAffineCodec: Codec<ConstantAffine, Json> = defineCodec<ConstantAffine, Json>({
  type: "pushforward/constant-affine",
  version: 1,
  is: (value): value is ConstantAffine => value instanceof ConstantAffine,
  encode: (value) => ({ shift: value.shift, scale: value.scale }),
  decode: (config) => {
    const type = "pushforward/constant-affine";
    const reader = new ConfigReader(type, config);
    const shift = reader.numbers("shift", { min: -LARGEST, max: LARGEST });
    const scale = reader.numbers("scale", { min: -LARGEST, max: LARGEST });
    reader.end();
    if (scale.length === 0 || shift.length !== scale.length) {
      throw new ModelFileError(
        "config",
        `${type}: expected as many shifts as scales, at least 1, got ${shift.length} and ${scale.length}.`,
      );
    }
    const bad = scale.findIndex((value) => Math.abs(value) < SMALLEST_SCALE);
    if (bad >= 0) {
      throw new ModelFileError("config", `${type}.scale[${bad}]: expected a nonzero float32, got ${scale[bad]}.`);
    }
    return new ConstantAffine({ shift, scale });
  },
});
