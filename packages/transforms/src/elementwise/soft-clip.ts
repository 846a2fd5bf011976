import { type Bijection, type Codec, OptionError } from "@pushforward/core";
import {
  AbstractElementwise,
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
import { clip, fixedMapStep, log1p, softClip } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { outside } from "../outside.ts";

/** Options of {@link SoftClip}. */
export interface SoftClipOptions {
  /** The values are within ±bound. */
  readonly bound: number;
}

/** 1 minus the next float32 below. */
const GAP = 2 ** -24;

/**
 * A soft clip, ℝ → (−B, B): `y = x / (1 + |x|/B)`, `log|dy/dx| = −2 log(1 + |x|/B)`, elementwise.
 *
 * The inverse takes ±B for the next float32 inside; the log-det outside is −∞.
 *
 * Shapes: any, with an event rank of 0: the log-det has the shape of x.
 *
 * @throws {OptionError} `bound` is not a positive number.
 * @example
 * new SoftClip({ bound: 2 }).forward(tf.tensor1d([0, 2])); // → [0, 1]
 */
export class SoftClip extends AbstractElementwise {
  readonly bound: number;

  constructor(options: SoftClipOptions) {
    checkOptions("SoftClip", options, { bound: true });
    const { bound } = options;
    super("SoftClip");
    if (!(bound > 0 && Number.isFinite(bound))) {
      throw new OptionError(`SoftClip: expected bound to be a positive number, got ${describeValue(bound)}.`);
    }
    this.bound = bound;
  }

  /** The interval (−B, B): this map reaches all of it. */
  get support(): Bijection {
    return this;
  }

  protected forwardMap(x: tf.Tensor): MapResult {
    return [softClip(x, this.bound), tf.mul(log1p(tf.div(tf.abs(x), this.bound)), -2)];
  }

  protected inverseMap(y: tf.Tensor): MapResult {
    const part = clip(tf.div(y, this.bound), GAP - 1, 1 - GAP);
    const left = tf.sub(1, tf.abs(part));
    const logDet = tf.mul(tf.log(left), -2);
    return [tf.mul(tf.div(part, left), this.bound), outside(tf.sub(this.bound, tf.abs(y)), logDet)];
  }

  lower(plan: PlanBuilder, direction: Direction, value: PlanMatrix): LoweredMap {
    return fixedMapStep(plan, direction, value, "softClip", this.bound);
  }
}

/** Codec of {@link SoftClip}. */
export const softClipCodec: Codec<SoftClip> = classCodec("pushforward/soft-clip", SoftClip, { bound: field.number() });
