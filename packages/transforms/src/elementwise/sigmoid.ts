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
import { boxConstraintStep, softplus } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { logProbabilities, outsideUnit } from "../unit-interval.ts";

/**
 * The logistic function, ℝ → (0, 1): `y = 1/(1 + e⁻ˣ)`, `log|dy/dx| = −log(1 + eˣ) − log(1 + e⁻ˣ)`, elementwise. The
 * logit is `invert(new Sigmoid())`; for other intervals see `BoxConstraint`.
 *
 * The inverse takes 0 and 1 for numbers just inside, 2⁻¹²⁶ and 1 − 2⁻²⁵; the log-det outside is −∞.
 *
 * Shapes: any, with an event rank of 0: the log-det has the shape of x.
 *
 * @example
 * const logit = invert(new Sigmoid());
 * logit.forward(tf.tensor1d([0.5, 0.9])); // → [0, 2.197]
 */
export class Sigmoid extends AbstractElementwise {
  constructor() {
    super("Sigmoid");
  }

  /** The interval (0, 1): this map reaches all of it. */
  get support(): Bijection {
    return this;
  }

  protected forwardMap(x: tf.Tensor): MapResult {
    return [tf.sigmoid(x), tf.neg(tf.add(softplus(x), softplus(tf.neg(x))))];
  }

  protected inverseMap(y: tf.Tensor): MapResult {
    const [logP, logRest] = logProbabilities(y);
    return [tf.sub(logP, logRest), outsideUnit(y, tf.neg(tf.add(logP, logRest)))];
  }

  lower(plan: PlanBuilder, direction: Direction, value: PlanMatrix): LoweredMap {
    const low = Array<number>(value.columns).fill(0);
    return boxConstraintStep(plan, direction, value, { low, high: low.map(() => 1), sharpness: 0 });
  }
}

/** Codec of {@link Sigmoid}. */
export const sigmoidCodec: Codec<Sigmoid> = classCodec("pushforward/sigmoid", Sigmoid, {});
