import { type Bijection, type Codec, OptionError, type Shape } from "@pushforward/core";
import { checkOptions, classCodec, describeValue, field, isBijection } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";
import { AbstractParts } from "./abstract-parts.ts";

/** Options of {@link concatenate}. */
export interface ConcatenateOptions {
  /** The bijection of each slice. */
  readonly parts: readonly Bijection[];
  /** The length of each slice along the axis. */
  readonly sizes: readonly number[];
  /** The axis, counted from the end of the event. Default: −1. */
  readonly axis?: number;
}

/** Different bijections on slices of an axis. See {@link concatenate}. */
export class Concatenate extends AbstractParts {
  readonly sizes: readonly number[];
  protected readonly columns: readonly number[];

  constructor(options: ConcatenateOptions) {
    checkOptions("Concatenate", options, { parts: true, sizes: true, axis: true });
    const { parts, sizes, axis = -1 } = options;
    super({ label: "concatenate", parts, axis, removed: 0 });
    if (sizes.length !== parts.length) {
      throw new OptionError(`concatenate: expected a size for each of ${parts.length} parts, got ${sizes.length}.`);
    }
    for (const [i, size] of sizes.entries()) {
      if (!Number.isSafeInteger(size) || size < 1) {
        throw new OptionError(
          `concatenate: expected sizes[${i}] to be an integer of at least 1, got ${describeValue(size)}.`,
        );
      }
    }
    this.sizes = [...sizes];
    this.columns = this.sizes;
  }

  protected length(): number {
    return this.sizes.reduce((a, b) => a + b);
  }

  protected shapeOfPart(eventShape: Shape, i: number): Shape {
    return eventShape.with(eventShape.length + this.axis, this.sizes[i] as number);
  }

  protected split(x: tf.Tensor, axis: number): tf.Tensor[] {
    return this.sizes.length === 1 ? [x] : tf.split(x, [...this.sizes], axis);
  }

  protected join(values: tf.Tensor[], axis: number): tf.Tensor {
    return tf.concat(values, axis);
  }
}

/**
 * Applies bijections to slices of one axis: the event is split into slices of the given sizes, each passes its
 * bijection, and the results are concatenated; log-dets are added.
 *
 * The event rank is the smallest that reaches the axis and in which every part fits. A part keeps the shape of its
 * slice. A context is passed to the parts that take one.
 *
 * @throws {OptionError} no parts, a different number of sizes, a size below 1, an axis that is not negative, a part
 * that
 *   changes the event rank.
 * @throws {ContextError} parts take contexts of different shapes.
 * @throws {ShapeError} a value with an axis that is not as long as all slices together.
 * @example
 * const first = new AffineElementwise({ features: 2, shift: 1 });
 * const transform = concatenate({ parts: [first, new Exp()], sizes: [2, 1] });
 * transform.forward(tf.tensor1d([1, 2, 0])); // → [2, 3, 1]
 */
export function concatenate(options: ConcatenateOptions): Concatenate {
  return new Concatenate(options);
}

/** Codec of {@link Concatenate}. */
export const concatenateCodec: Codec<Concatenate> = classCodec("pushforward/concatenate", Concatenate, {
  parts: field.objects(isBijection, "a bijection"),
  sizes: field.counts(),
  axis: field.number(),
});

/** Options of {@link stackBijections}. */
export interface StackOptions {
  /** The bijection at each place of the axis. */
  readonly parts: readonly Bijection[];
  /** The axis, counted from the end of the event. Default: −1. */
  readonly axis?: number;
}

/** Different bijections at the places of an axis. See {@link stackBijections}. */
export class Stack extends AbstractParts {
  protected readonly columns: readonly number[];

  constructor(options: StackOptions) {
    checkOptions("Stack", options, { parts: true, axis: true });
    const { parts, axis = -1 } = options;
    super({ label: "stackBijections", parts, axis, removed: 1 });
    this.columns = parts.map(() => 1);
  }

  protected length(): number {
    return this.parts.length;
  }

  protected shapeOfPart(eventShape: Shape): Shape {
    return eventShape.toSpliced(eventShape.length + this.axis, 1);
  }

  protected split(x: tf.Tensor, axis: number): tf.Tensor[] {
    return tf.unstack(x, axis);
  }

  protected join(values: tf.Tensor[], axis: number): tf.Tensor {
    return tf.stack(values, axis);
  }
}

/**
 * Applies bijections along one axis: element i of the axis, an event without this axis, passes bijection i; log-dets
 * are added. With `axis` −1 and scalar parts, each feature has its own bijection.
 *
 * A part keeps the shape of its event. A context is passed to the parts that take one.
 *
 * @throws {OptionError} no parts, an axis that is not negative, a part that changes the event rank.
 * @throws {ContextError} parts take contexts of different shapes.
 * @throws {ShapeError} a value with an axis that does not have one place per part.
 * @example
 * const transform = stackBijections({ parts: [new Identity(), new Exp(), new Tanh()] });
 * transform.forward(tf.tensor1d([3, 0, 0])); // → [3, 1, 0]
 */
export function stackBijections(options: StackOptions): Stack {
  return new Stack(options);
}

/** Codec of {@link Stack}. */
export const stackCodec: Codec<Stack> = classCodec("pushforward/stack", Stack, {
  parts: field.objects(isBijection, "a bijection"),
  axis: field.number(),
});
