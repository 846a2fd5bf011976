import { type Codec, OptionError, type Shape, ShapeError } from "@pushforward/core";
import {
  checkOptions,
  checkPlanColumns,
  classCodec,
  type Direction,
  describeValue,
  field,
  type LoweredMap,
  type PlanBuilder,
  type PlanMatrix,
  shapesEqual,
} from "@pushforward/core/extend";
import { formatShape, sizeOf } from "@pushforward/core/plain";
import * as tf from "@tensorflow/tfjs-core";
import { AbstractRearrangement } from "../linear/abstract-rearrangement.ts";

/** Options of {@link Reshape}. */
export interface ReshapeOptions {
  /** Shape of the events on the side of the base. */
  readonly from: Shape;
  /** Shape of the events on the side of the data, with as many numbers. */
  readonly to: Shape;
}

/**
 * Events of one shape as events of another, their numbers in row-major order: `log|det| = 0`.
 *
 * Shapes: x `[...batch, ...from]`, y `[...batch, ...to]`, log-det `[...batch]`.
 *
 * @throws {OptionError} an axis that is not an integer of at least 1.
 * @throws {ShapeError} shapes of different sizes; a value with another event shape.
 * @example
 * const image = new Reshape({ from: [784], to: [28, 28, 1] });
 * image.forward(tf.zeros([5, 784])); // → shape [5, 28, 28, 1]
 */
export class Reshape extends AbstractRearrangement {
  readonly from: Shape;
  readonly to: Shape;

  constructor(options: ReshapeOptions) {
    checkOptions("Reshape", options, { from: true, to: true });
    const { from, to } = options;
    super("Reshape", from.length, to.length);
    for (const axis of [...from, ...to]) {
      if (!Number.isSafeInteger(axis) || axis < 1) {
        throw new OptionError(`Reshape: expected axes of integers of at least 1, got ${describeValue(axis)}.`);
      }
    }
    if (sizeOf(from) !== sizeOf(to)) {
      throw new ShapeError(
        `Reshape: expected shapes of one size, got ${formatShape(from)} of ${sizeOf(from)} and ${formatShape(to)} of ${sizeOf(to)} numbers.`,
      );
    }
    this.from = [...from];
    this.to = [...to];
  }

  lower(_plan: PlanBuilder, _direction: Direction, value: PlanMatrix): LoweredMap {
    checkPlanColumns("Reshape", value, sizeOf(this.from));
    return { value, logDets: [] };
  }

  protected shapeAfter(eventShape: Shape): Shape | undefined {
    return shapesEqual(eventShape, this.from) ? this.to : undefined;
  }

  protected shapeBefore(eventShape: Shape): Shape | undefined {
    return shapesEqual(eventShape, this.to) ? this.from : undefined;
  }

  protected expected(isForward: boolean): string {
    return `an event of shape ${formatShape(isForward ? this.from : this.to)}`;
  }

  protected rearrange(x: tf.Tensor): tf.Tensor {
    return tf.clone(x);
  }

  protected restore(y: tf.Tensor): tf.Tensor {
    return tf.clone(y);
  }
}

/** Codec of {@link Reshape}. */
export const reshapeCodec: Codec<Reshape> = classCodec("pushforward/reshape", Reshape, {
  from: field.counts(),
  to: field.counts(),
});
