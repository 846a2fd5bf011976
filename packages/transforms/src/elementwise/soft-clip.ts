import {
  AbstractElementwise,
  type Bijection,
  type Codec,
  classCodec,
  field,
  type MapResult,
  OptionError,
} from "@pushforward/core";
import { clip, log1p, softClip } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { outside } from "../outside.ts";

/** Options of {@link SoftClip}. */
export interface SoftClipOptions {
  /** The values are within ±limit. */
  readonly limit: number;
}

/** 1 minus the next float32 below. */
const GAP = 2 ** -24;

/**
 * A soft clip, ℝ → (−L, L): `y = x / (1 + |x|/L)`, `log|dy/dx| = −2 log(1 + |x|/L)`, elementwise.
 *
 * The inverse takes ±L for the next float32 inside; the log-det outside is −∞.
 *
 * Shapes: any, with an event rank of 0: the log-det has the shape of x.
 *
 * @throws {OptionError} `limit` is not a positive number.
 * @example
 * new SoftClip({ limit: 2 }).forward(tf.tensor1d([0, 2])); // → [0, 1]
 */
export class SoftClip extends AbstractElementwise {
  readonly limit: number;

  constructor({ limit }: SoftClipOptions) {
    super("SoftClip");
    if (!(limit > 0 && Number.isFinite(limit))) {
      throw new OptionError(`SoftClip: expected limit to be a positive number, got ${limit}.`);
    }
    this.limit = limit;
  }

  /** The interval (−L, L): this map reaches all of it. */
  get support(): Bijection {
    return this;
  }

  protected forwardMap(x: tf.Tensor): MapResult {
    return [softClip(x, this.limit), tf.mul(log1p(tf.div(tf.abs(x), this.limit)), -2)];
  }

  protected inverseMap(y: tf.Tensor): MapResult {
    const part = clip(tf.div(y, this.limit), GAP - 1, 1 - GAP);
    const left = tf.sub(1, tf.abs(part));
    const logDet = tf.mul(tf.log(left), -2);
    return [tf.mul(tf.div(part, left), this.limit), outside(tf.sub(this.limit, tf.abs(y)), logDet)];
  }
}

/** Codec of {@link SoftClip}. */
export const softClipCodec: Codec<SoftClip> = classCodec("pushforward/soft-clip", SoftClip, { limit: field.number() });
