import {
  type Bijection,
  type Codec,
  ConfigReader,
  checkPlanColumns,
  type Direction,
  defineCodec,
  type Json,
  type Key,
  type LoweredMap,
  ModelFileError,
  OptionError,
  type PlanBuilder,
  type PlanMatrix,
  type Shape,
  type ValueAndLogDet,
} from "@pushforward/core";
import { columnsStep } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { checkFeatures } from "./check-features.ts";
import { constantLogDet, onEvent, sameEventShape } from "./on-event.ts";

/** Options of {@link Permutation}. */
export interface PermutationOptions {
  /** `order[i]` is the feature that goes to place i: each of 0 … n − 1 once. */
  readonly order: ArrayLike<number>;
}

/**
 * Features in another order: `y_i = x_order[i]`, `log|det| = 0`.
 *
 * Shapes: x and y `[...batch, features]`, log-det `[...batch]`.
 *
 * @throws {OptionError} `order` is empty or not a permutation.
 * @throws {ShapeError} a value with another event shape.
 * @example
 * const rotate = new Permutation({ order: [1, 2, 0] });
 */
export class Permutation implements Bijection {
  readonly eventRankIn = 1;
  readonly eventRankOut = 1;
  readonly inverseKind = "analytic";
  readonly order: readonly number[];
  private readonly inverseOrder: readonly number[];

  constructor(options: PermutationOptions) {
    this.order = Array.from(options.order);
    const fault = orderFault(this.order);
    if (fault !== undefined) throw new OptionError(`Permutation: ${fault}`);
    const inverseOrder = new Array<number>(this.order.length);
    for (const [i, from] of this.order.entries()) inverseOrder[from] = i;
    this.inverseOrder = inverseOrder;
  }

  forwardShape(eventShape: Shape): Shape {
    return sameEventShape("Permutation.forwardShape", eventShape, [this.order.length]);
  }

  inverseShape(eventShape: Shape): Shape {
    return sameEventShape("Permutation.inverseShape", eventShape, [this.order.length]);
  }

  forward(x: tf.Tensor, context?: tf.Tensor): tf.Tensor {
    return onEvent("Permutation.forward", x, [this.order.length], context, (value) => this.push(value));
  }

  inverse(y: tf.Tensor, context?: tf.Tensor): tf.Tensor {
    return onEvent("Permutation.inverse", y, [this.order.length], context, (value) => this.pull(value));
  }

  forwardAndLogDet(x: tf.Tensor, context?: tf.Tensor): ValueAndLogDet {
    return onEvent("Permutation.forwardAndLogDet", x, [this.order.length], context, (value): ValueAndLogDet => {
      return [this.push(value), constantLogDet(0, value, 1)];
    });
  }

  inverseAndLogDet(y: tf.Tensor, context?: tf.Tensor): ValueAndLogDet {
    return onEvent("Permutation.inverseAndLogDet", y, [this.order.length], context, (value): ValueAndLogDet => {
      return [this.pull(value), constantLogDet(0, value, 1)];
    });
  }

  lower(plan: PlanBuilder, direction: Direction, value: PlanMatrix): LoweredMap {
    checkPlanColumns("Permutation", value, this.order.length);
    const columns = direction === "forward" ? this.order : this.inverseOrder;
    return { value: columnsStep(plan, value, columns), logDets: [] };
  }

  private push(x: tf.Tensor): tf.Tensor {
    return permute(x, this.order, this.inverseOrder);
  }

  private pull(y: tf.Tensor): tf.Tensor {
    return permute(y, this.inverseOrder, this.order);
  }
}

/**
 * The permutation that reverses the order of n features.
 *
 * @throws {OptionError} n is not an integer of at least 1.
 * @example
 * const flip = reversePermutation(4); // order 3, 2, 1, 0
 */
export function reversePermutation(features: number): Permutation {
  const n = checkFeatures("reversePermutation", features);
  return new Permutation({ order: Array.from({ length: n }, (_, i) => n - 1 - i) });
}

/**
 * A random permutation of n features; the same key gives the same one.
 *
 * @throws {OptionError} n is not an integer of at least 1.
 * @example
 * const shuffle = randomPermutation(4, createKey(1));
 */
export function randomPermutation(features: number, key: Key): Permutation {
  return new Permutation({ order: key.permutation(checkFeatures("randomPermutation", features)) });
}

/** Codec of {@link Permutation}. */
export const permutationCodec: Codec<Permutation, Json> = defineCodec<Permutation, Json>({
  type: "pushforward/permutation",
  version: 1,
  is: (value): value is Permutation => value instanceof Permutation,
  encode: (value) => ({ order: value.order }),
  decode: (config) => {
    const reader = new ConfigReader("pushforward/permutation", config);
    const order = reader.counts("order", { min: 0 });
    reader.end();
    const fault = orderFault(order);
    if (fault !== undefined) throw new ModelFileError("config", `pushforward/permutation.order: ${fault}`);
    return new Permutation({ order });
  },
});

// The gradient of a permutation is its inverse. The gradient that tfjs has for gather sums segments instead, which is
// slower and needs a kernel that not every backend has.
function permute(x: tf.Tensor, order: readonly number[], inverseOrder: readonly number[]): tf.Tensor {
  const gather = tf.customGrad((input) => ({
    value: tf.gather(input as tf.Tensor, tf.tensor1d([...order], "int32"), (input as tf.Tensor).rank - 1),
    gradFunc: (dy: tf.Tensor) => permute(dy, inverseOrder, order),
  }));
  return gather(x);
}

function orderFault(order: readonly number[]): string | undefined {
  const n = order.length;
  if (n === 0) return "expected an order of at least 1 feature, got none.";
  const seen = new Set<number>();
  for (const [i, from] of order.entries()) {
    if (!Number.isInteger(from) || from < 0 || from >= n) {
      return `expected order[${i}] to be an integer from 0 to ${n - 1}, got ${String(from)}.`;
    }
    if (seen.has(from)) return `expected each of 0 to ${n - 1} once, got ${from} again at order[${i}].`;
    seen.add(from);
  }
  return undefined;
}
