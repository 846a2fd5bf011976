import { type Bijection, type Codec, OptionError, type Shape, ShapeError } from "@pushforward/core";
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
import { AbstractRearrangement, Permutation } from "../linear/permutation.ts";
import { chain } from "./chain.ts";
import { concatenate } from "./concatenate.ts";
import { Identity, invert } from "./independent.ts";

/** Options of {@link Reshape}. */
export interface ReshapeOptions {
  /** Shape of the events on the side of the base. */
  readonly from: Shape;
  /** Shape of the events on the data side, of equal size. */
  readonly to: Shape;
}

/**
 * Reshapes events, in row-major order: `log|det| = 0`.
 *
 * Shapes: x `[...batch, ...from]`, y `[...batch, ...to]`, log-det `[...batch]`.
 *
 * @throws {OptionError} an axis that is not an integer of at least 1.
 * @throws {ShapeError} shapes of different sizes; a value with a different event shape.
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

/** Options of {@link masked}. */
export interface MaskedOptions {
  /** The bijection of the selected features; it reads only these. */
  readonly bijection: Bijection;
  /** `mask[i]` is true for a feature that is transformed. */
  readonly mask: readonly boolean[];
}

/**
 * A bijection of selected features of the last axis; the remaining features are unchanged. The log-det is the log-det of the
 * bijection.
 *
 * @throws {OptionError} the mask chooses no feature or all; the bijection changes the event rank.
 * @throws {ShapeError} wrong number of features, or the size of the bijection differs from the mask.
 * @example
 * const transform = masked({ bijection: new Exp(), mask: [false, true, false] });
 * transform.forward(tf.tensor1d([5, 0, 7])); // → [5, 1, 7]
 */
export function masked(options: MaskedOptions): Bijection {
  checkOptions("masked", options, { bijection: true, mask: true });
  const { bijection, mask } = options;
  const places = [...mask.keys()];
  const chosen = places.filter((i) => mask[i] === true);
  const others = places.filter((i) => mask[i] !== true);
  if (chosen.length === 0 || others.length === 0) {
    throw new OptionError(
      `masked: expected a mask that chooses some features and not all, got ${chosen.length} of ${mask.length}.`,
    );
  }
  const order = new Permutation({ order: [...chosen, ...others] });
  const inFront = concatenate({ parts: [bijection, new Identity()], sizes: [chosen.length, others.length] });
  return chain([order, inFront, invert(order)]);
}
