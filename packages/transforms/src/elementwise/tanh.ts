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
import { fixedMapStep } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { logCosh } from "../log-cosh.ts";
import { outside } from "../outside.ts";
import { atanh } from "./atanh.ts";

/**
 * The hyperbolic tangent, ℝ → (−1, 1): `y = tanh x`, `log|dy/dx| = −2 log cosh x`, elementwise.
 *
 * The inverse takes −1 and 1 for the next float32 inside; the log-det outside is −∞.
 *
 * Shapes: any, with an event rank of 0: the log-det has the shape of x.
 *
 * @example
 * new Tanh().forward(tf.tensor1d([0, 1])); // → [0, 0.762]
 */
export class Tanh extends AbstractElementwise {
  constructor() {
    super("Tanh");
  }

  /** The interval (−1, 1): this map reaches all of it. */
  get support(): Bijection {
    return this;
  }

  protected forwardMap(x: tf.Tensor): MapResult {
    return [tf.tanh(x), tf.mul(logCosh(x), -2)];
  }

  protected inverseMap(y: tf.Tensor): MapResult {
    const x = atanh(y);
    return [x, outside(tf.sub(1, tf.abs(y)), tf.mul(logCosh(x), 2))];
  }

  lower(plan: PlanBuilder, direction: Direction, value: PlanMatrix): LoweredMap {
    return fixedMapStep(plan, direction, value, "tanh");
  }
}

/** Codec of {@link Tanh}. */
export const tanhCodec: Codec<Tanh> = classCodec("pushforward/tanh", Tanh, {});
