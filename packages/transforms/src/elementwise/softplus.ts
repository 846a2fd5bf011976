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
import { fixedMapStep, log1mexp, softplus, softplusInverse } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { outside } from "../outside.ts";
import { SMALLEST } from "../unit-interval.ts";

/**
 * The softplus, ℝ → (0, ∞): `y = log(1 + eˣ)`, `log|dy/dx| = −log(1 + e⁻ˣ)`, elementwise. Its inverse is
 * `x = y + log(1 − e⁻ʸ)`.
 *
 * Close to the exponential far below 0 and to the identity far above, so that large values stay on their scale. The
 * inverse takes 0 for 2⁻¹²⁶, the smallest normal float32; the log-det at negative y is −∞.
 *
 * Shapes: any, with an event rank of 0: the log-det has the shape of x.
 *
 * @see Dugas et al. 2001, Incorporating Second-Order Functional Knowledge for Better Option Pricing, NeurIPS 13
 * @example
 * new Softplus().forward(tf.tensor1d([0, 50])); // → [0.693, 50]
 */
export class Softplus extends AbstractElementwise {
  constructor() {
    super("Softplus");
  }

  /** The positive numbers: this map reaches all of them. */
  get support(): Bijection {
    return this;
  }

  protected forwardMap(x: tf.Tensor): MapResult {
    return [softplus(x), tf.neg(softplus(tf.neg(x)))];
  }

  protected inverseMap(y: tf.Tensor): MapResult {
    const kept = tf.maximum(y, SMALLEST);
    return [softplusInverse(kept), outside(y, tf.neg(log1mexp(kept)))];
  }

  lower(plan: PlanBuilder, direction: Direction, value: PlanMatrix): LoweredMap {
    return fixedMapStep(plan, direction, value, "softplus");
  }
}

/** Codec of {@link Softplus}. */
export const softplusCodec: Codec<Softplus> = classCodec("pushforward/softplus", Softplus, {});
