import type { Bijection, Codec } from "@pushforward/core";
import {
  AbstractElementwise,
  classCodec,
  type Direction,
  type LoweredMap,
  type MapResult,
  type PlanBuilder,
  type PlanMatrix,
} from "@pushforward/core/extend";
import { boxConstraintStep } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { outside } from "../outside.ts";
import { SMALLEST } from "../unit-interval.ts";

/**
 * The exponential, ℝ → (0, ∞): `y = eˣ`, `log|dy/dx| = x`, elementwise. The logarithm is `invert(new Exp())`.
 *
 * The inverse takes 0 for 2⁻¹²⁶, the smallest normal float32; the log-det at negative y is −∞.
 *
 * Shapes: any, with an event rank of 0: the log-det has the shape of x.
 *
 * @example
 * new Exp().forward(tf.tensor1d([0, 1])); // → [1, 2.718]
 */
export class Exp extends AbstractElementwise {
  constructor() {
    super("Exp");
  }

  /** The positive numbers: this map reaches all of them. */
  get support(): Bijection {
    return this;
  }

  protected forwardMap(x: tf.Tensor): MapResult {
    return [tf.exp(x), x];
  }

  protected inverseMap(y: tf.Tensor): MapResult {
    const x = tf.log(tf.maximum(y, SMALLEST));
    return [x, outside(y, tf.neg(x))];
  }

  lower(plan: PlanBuilder, direction: Direction, value: PlanMatrix): LoweredMap {
    const low = Array<number>(value.columns).fill(0);
    return boxConstraintStep(plan, direction, value, {
      low,
      high: low.map(() => Number.POSITIVE_INFINITY),
      sharpness: 0,
    });
  }
}

/** Codec of {@link Exp}. */
export const expCodec: Codec<Exp> = classCodec("pushforward/exp", Exp, {});
