import type { Bijection, Codec, Shape } from "@pushforward/core";
import { checkOptions, classCodec, field, isBijection } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";
import { AbstractParts } from "./abstract-parts.ts";

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
 * Different bijections along one axis: what stands at place i of the axis, an event with this axis removed, goes through
 * bijection i; log-det is the sum of theirs. With `axis` −1 and parts of single numbers, each feature has a bijection of its
 * own.
 *
 * A part keeps the shape of its event. A context goes to the parts that take one.
 *
 * @throws {OptionError} no parts, an axis that is not negative, a part that changes the event rank.
 * @throws {ContextError} parts take contexts of different shapes.
 * @throws {ShapeError} a value whose axis has not one place for each part.
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
