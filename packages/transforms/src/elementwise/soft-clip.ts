import { AbstractElementwise, type Codec, classCodec, field, type MapResult, OptionError } from "@pushforward/core";
import { clip, log1p } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { outside } from "../outside.ts";

/** Options of {@link SoftClip}. */
export interface SoftClipOptions {
  /** What no value exceeds. */
  readonly bound: number;
}

const MOST_BOUND = 1e6;
/** The largest share of the bound that has an inverse in float32. */
const NEAREST = 1 - 2 ** -24;

/**
 * `y = x/(1 + |x|/B)`, ℝ → (−B, B), near the identity around 0: `log|dy/dx| = −2 log(1 + |x|/B)`, elementwise. The inverse is `x = y/(1 − |y|/B)`.
 * Outside (−B, B) its log-det is −∞.
 *
 * Shapes: any, with an event rank of 0: the log-det has the shape of x.
 *
 * @throws {OptionError} `bound` is not above 0, or above 10⁶.
 * @see zuko (Rozet et al. 2022), https://github.com/probabilists/zuko
 * @example
 * new SoftClip({ bound: 2 }).forward(tf.tensor1d([-2, 0, 6])); // → [-1, 0, 1.5]
 */
export class SoftClip extends AbstractElementwise {
  readonly bound: number;

  constructor({ bound }: SoftClipOptions) {
    super("SoftClip");
    if (!(bound > 0 && bound <= MOST_BOUND)) {
      throw new OptionError(`SoftClip: expected bound above 0 and at most ${MOST_BOUND}, got ${bound}.`);
    }
    this.bound = bound;
  }

  protected forwardMap(x: tf.Tensor): MapResult {
    const share = tf.div(tf.abs(x), this.bound);
    // By way of the smaller of two numbers, so that the largest ones are clipped too.
    return [tf.mul(x, tf.div(1, tf.add(share, 1))), tf.mul(log1p(share), -2)];
  }

  protected inverseMap(y: tf.Tensor): MapResult {
    const { bound } = this;
    const inside = clip(y, -bound * NEAREST, bound * NEAREST);
    const rest = tf.sub(1, tf.div(tf.abs(inside), bound));
    return [tf.div(inside, rest), outside(tf.sub(bound, tf.abs(y)), tf.mul(tf.log(rest), -2))];
  }
}

/** Codec of {@link SoftClip}. */
export const softClipCodec: Codec<SoftClip> = classCodec("pushforward/soft-clip", SoftClip, { bound: field.number() });
