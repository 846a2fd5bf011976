import {
  type Bijection,
  type Codec,
  type Key,
  OptionError,
  type Shape,
  ShapeError,
  type ValueAndLogDet,
} from "@pushforward/core";
import {
  AbstractBijection,
  asTensor,
  checkOptions,
  classCodec,
  type Direction,
  describeValue,
  field,
  formatShape,
  type LoweredMap,
  type MapResult,
  type PlanBuilder,
  type PlanMatrix,
} from "@pushforward/core/extend";
import { columnsStep } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { checkFeatures } from "../check-features.ts";
import { refuseContext } from "../combinators/members.ts";

/**
 * x with a permuted axis: position i has the element `order[i]`. `inverse` is the inverse permutation.
 *
 * The gradient of a permutation is its inverse. The gradient that tfjs has for gather sums segments instead, which is
 * slower and needs a kernel that not every backend has.
 */
export function permute(x: tf.Tensor, axis: number, order: readonly number[], inverse: readonly number[]): tf.Tensor {
  const gather = tf.customGrad((input) => ({
    value: tf.gather(input as tf.Tensor, tf.tensor1d([...order], "int32"), axis),
    gradFunc: (dy: tf.Tensor) => permute(dy, axis, inverse, order),
  }));
  return gather(x);
}

/** Returns the inverse of an order. */
export function inverseOrder(order: readonly number[]): number[] {
  const inverse = new Array<number>(order.length);
  for (const [i, from] of order.entries()) inverse[from] = i;
  return inverse;
}

/** Options of {@link Permutation}. */
export interface PermutationOptions {
  /** `order[i]` is the feature that moves to place i: each of 0 … n − 1 once. */
  readonly order: ArrayLike<number>;
}

/**
 * Reorders features: `y_i = x_order[i]`, `log|det| = 0`.
 *
 * Shapes: x and y `[...batch, features]`, log-det `[...batch]`.
 *
 * @throws {OptionError} `order` is empty or not a permutation.
 * @throws {ShapeError} a value with a different event shape.
 * @example
 * const rotate = new Permutation({ order: [1, 2, 0] });
 * rotate.forward(tf.tensor1d([10, 20, 30])); // → [20, 30, 10]
 */
export class Permutation extends AbstractBijection {
  readonly order: readonly number[];
  private readonly inverseOrder: readonly number[];

  constructor(options: PermutationOptions) {
    checkOptions("Permutation", options, { order: true });
    const { order } = options;
    super("Permutation", [order.length]);
    this.order = Array.from(order);
    checkOrder(this.order);
    this.inverseOrder = inverseOrder(this.order);
  }

  protected forwardMap(x: tf.Tensor): MapResult {
    return [permute(x, x.rank - 1, this.order, this.inverseOrder), 0];
  }

  protected inverseMap(y: tf.Tensor): MapResult {
    return [permute(y, y.rank - 1, this.inverseOrder, this.order), 0];
  }

  lower(plan: PlanBuilder, direction: Direction, value: PlanMatrix): LoweredMap {
    const columns = direction === "forward" ? this.order : this.inverseOrder;
    return { value: columnsStep(plan, this.planEvent(value), columns), logDets: [] };
  }
}

/**
 * The permutation that reverses the order of n features.
 *
 * @throws {OptionError} n is not an integer of at least 1.
 * @example
 * reversePermutation(4).order; // → [3, 2, 1, 0]
 */
export function reversePermutation(features: number): Permutation {
  const n = checkFeatures("reversePermutation", features);
  return new Permutation({ order: Array.from({ length: n }, (_, i) => n - 1 - i) });
}

/**
 * Returns a random permutation of n features; the same key yields the same permutation.
 *
 * @throws {OptionError} n is not an integer of at least 1.
 * @example
 * const shuffle = randomPermutation(4, createKey(1));
 */
export function randomPermutation(features: number, key: Key): Permutation {
  return new Permutation({ order: key.permutation(checkFeatures("randomPermutation", features)) });
}

/** Codec of {@link Permutation}. */
export const permutationCodec: Codec<Permutation> = classCodec("pushforward/permutation", Permutation, {
  order: field.counts({ min: 0 }),
});

function checkOrder(order: readonly number[]): void {
  const n = order.length;
  if (n === 0) throw new OptionError("Permutation: expected an order of at least 1 feature, got none.");
  const seen = new Set<number>();
  for (const [i, from] of order.entries()) {
    if (!Number.isInteger(from) || from < 0 || from >= n) {
      throw new OptionError(
        `Permutation: expected order[${i}] to be an integer from 0 to ${n - 1}, got ${describeValue(from)}.`,
      );
    }
    if (seen.has(from)) {
      throw new OptionError(`Permutation: expected each of 0 to ${n - 1} once, got ${from} again at order[${i}].`);
    }
    seen.add(from);
  }
}

/** A rearrangement in one direction: events of a batch `[rows, ...from]` become `[rows, ...to]`. */
type Rearrange = (x: tf.Tensor, from: Shape, to: Shape) => tf.Tensor;

/** Base class of bijections that rearrange the numbers of an event into a different shape: `log|det| = 0`. */
export abstract class AbstractRearrangement implements Bijection {
  readonly eventRankIn: number;
  readonly eventRankOut: number;
  readonly inverseKind = "analytic";
  /** Name in error messages. */
  protected readonly label: string;

  protected constructor(label: string, eventRankIn: number, eventRankOut: number) {
    this.label = label;
    this.eventRankIn = eventRankIn;
    this.eventRankOut = eventRankOut;
  }

  /** The shape of y; undefined where x does not fit. */
  protected abstract shapeAfter(eventShape: Shape): Shape | undefined;
  /** The shape of x; undefined where y does not fit. */
  protected abstract shapeBefore(eventShape: Shape): Shape | undefined;
  /** Required shapes, for errors. */
  protected abstract expected(isForward: boolean): string;
  /** The values in their new places. */
  protected abstract rearrange(x: tf.Tensor, from: Shape, to: Shape): tf.Tensor;
  /** The values back in their old places. */
  protected abstract restore(y: tf.Tensor, from: Shape, to: Shape): tf.Tensor;

  forwardShape(eventShape: Shape): Shape {
    return this.after("forwardShape", eventShape, true);
  }

  inverseShape(eventShape: Shape): Shape {
    return this.after("inverseShape", eventShape, false);
  }

  forward(x: tf.Tensor, context?: tf.Tensor): tf.Tensor {
    return this.map("forward", x, context, true)[0];
  }

  inverse(y: tf.Tensor, context?: tf.Tensor): tf.Tensor {
    return this.map("inverse", y, context, false)[0];
  }

  forwardAndLogDet(x: tf.Tensor, context?: tf.Tensor): ValueAndLogDet {
    const [value, batch] = this.map("forwardAndLogDet", x, context, true);
    return [value, tf.zeros([...batch])];
  }

  inverseAndLogDet(y: tf.Tensor, context?: tf.Tensor): ValueAndLogDet {
    const [value, batch] = this.map("inverseAndLogDet", y, context, false);
    return [value, tf.zeros([...batch])];
  }

  private map(method: string, x: tf.Tensor, context: tf.Tensor | undefined, isForward: boolean): [tf.Tensor, Shape] {
    const where = `${this.label}.${method}`;
    refuseContext(where, context);
    const apply: Rearrange = (value, from, to) =>
      isForward ? this.rearrange(value, from, to) : this.restore(value, from, to);
    let batch: Shape = [];
    const value = tf.tidy(() => {
      const input = asTensor(x, where);
      const rank = isForward ? this.eventRankIn : this.eventRankOut;
      const from = input.shape.slice(Math.max(0, input.rank - rank));
      const to = this.after(method, from, isForward);
      batch = input.shape.slice(0, input.rank - rank);
      return tf.reshape(apply(tf.reshape(input, [-1, ...from]), from, to), [...batch, ...to]);
    });
    return [value, batch];
  }

  private after(method: string, eventShape: Shape, isForward: boolean): Shape {
    const rank = isForward ? this.eventRankIn : this.eventRankOut;
    const found =
      eventShape.length !== rank ? undefined : isForward ? this.shapeAfter(eventShape) : this.shapeBefore(eventShape);
    if (found !== undefined) return found;
    throw new ShapeError(
      `${this.label}.${method}: expected ${this.expected(isForward)}, got shape ${formatShape(eventShape)}.`,
    );
  }
}
