import { type Codec, type Key, OptionError } from "@pushforward/core";
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
import { columnsStep } from "@pushforward/ops";
import type * as tf from "@tensorflow/tfjs-core";
import { checkFeatures } from "../check-features.ts";
import { inverseOrder, permute } from "./permute.ts";

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
