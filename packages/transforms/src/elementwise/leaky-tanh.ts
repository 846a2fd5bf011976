import { type Codec, OptionError } from "@pushforward/core";
import {
  AbstractElementwise,
  checkOptions,
  classCodec,
  describeValue,
  field,
  type MapResult,
} from "@pushforward/core/extend";
import { clip } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { logCosh } from "../log-cosh.ts";
import { atanh } from "./atanh.ts";

/** Options of {@link LeakyTanh}. */
export interface LeakyTanhOptions {
  /** Where the lines begin. Default: 3. */
  readonly max?: number;
}

/** Beyond, float32 does not tell the tangent from 1. */
const LARGEST = 7;

/**
 * The hyperbolic tangent between `−max` and `max`, and the tangent lines there beyond, ℝ → ℝ: with c the nearest number
 * to x of `[−max, max]`, `y = tanh c + (x − c)/cosh²(max)`, `log|dy/dx| = −2 log cosh c`, elementwise.
 *
 * Shapes: any, with an event rank of 0: the log-det has the shape of x.
 *
 * @throws {OptionError} `max` is not above 0, or above 7.
 * @see flowjax (Ward 2024), https://github.com/danielward27/flowjax
 * @example
 * new LeakyTanh({ max: 2 }).forward(tf.tensor1d([1, 4])); // → [0.762, 1.105]
 */
export class LeakyTanh extends AbstractElementwise {
  readonly max: number;
  private readonly top: number;
  private readonly slope: number;

  constructor(options: LeakyTanhOptions = {}) {
    checkOptions("LeakyTanh", options, { max: true });
    const { max = 3 } = options;
    super("LeakyTanh");
    if (!(max > 0 && max <= LARGEST)) {
      throw new OptionError(`LeakyTanh: expected max above 0 and up to ${LARGEST}, got ${describeValue(max)}.`);
    }
    this.max = max;
    this.top = Math.tanh(max);
    this.slope = 1 / Math.cosh(max) ** 2;
  }

  protected forwardMap(x: tf.Tensor): MapResult {
    const inside = clip(x, -this.max, this.max);
    return [tf.add(tf.tanh(inside), tf.mul(tf.sub(x, inside), this.slope)), tf.mul(logCosh(inside), -2)];
  }

  protected inverseMap(y: tf.Tensor): MapResult {
    const inside = clip(y, -this.top, this.top);
    const x = atanh(inside);
    return [tf.add(x, tf.div(tf.sub(y, inside), this.slope)), tf.mul(logCosh(x), 2)];
  }
}

/** Codec of {@link LeakyTanh}. */
export const leakyTanhCodec: Codec<LeakyTanh> = classCodec("pushforward/leaky-tanh", LeakyTanh, {
  max: field.number(),
});
