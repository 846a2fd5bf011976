import { type Codec, OptionError, type Parameter } from "@pushforward/core";
import {
  AbstractElementwise,
  checkOptions,
  classCodec,
  describeValue,
  field,
  type MapResult,
  parameter,
} from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";
import { checkFeatures } from "../check-features.ts";
import { logCosh } from "../log-cosh.ts";

/** Options of {@link Asinh}. */
export interface AsinhOptions {
  readonly features: number;
  /** The scale to start from. Default: 1. */
  readonly scale?: number;
}

/**
 * The inverse hyperbolic sine with a learnable scale for each feature: `y = s·asinh(x/s)`,
 * `log|det| = −½ Σ log(1 + (x/s)²)`. The identity near 0, logarithmic beyond s on both sides. The parameter is log s
 * (`logScale`).
 *
 * As the end of a flow, `invert(new Asinh(…))` makes heavy tails, and brings those of data in.
 *
 * Shapes: x and y `[...batch, features]`, log-det `[...batch]`.
 *
 * @throws {OptionError} `features` is not an integer of at least 1, or `scale` not a finite number above 0.
 * @throws {ShapeError} a value with another event shape.
 * @see Lupton, Gunn and Szalay 1999, A Modified Magnitude System, https://arxiv.org/abs/astro-ph/9903081
 * @example
 * new Asinh({ features: 1, scale: 2 }).forward(tf.tensor1d([2000])); // → [15.2]
 */
export class Asinh extends AbstractElementwise {
  readonly features: number;
  private readonly logScale: Parameter;

  constructor(options: AsinhOptions) {
    checkOptions("Asinh", options, { features: true, scale: true });
    const { features, scale = 1 } = options;
    super("Asinh", [checkFeatures("Asinh", features)]);
    if (!(scale > 0 && Number.isFinite(scale))) {
      throw new OptionError(`Asinh: expected a finite scale above 0, got ${describeValue(scale)}.`);
    }
    this.features = features;
    this.logScale = parameter([features], () => new Float32Array(features).fill(Math.log(scale)));
  }

  protected forwardMap(x: tf.Tensor): MapResult {
    const scale = tf.exp(this.logScale.variable);
    // ½ log(1 + v²) = log cosh(asinh v), which does not overflow.
    const z = tf.asinh(tf.div(x, scale));
    return [tf.mul(scale, z), tf.neg(logCosh(z))];
  }

  protected inverseMap(y: tf.Tensor): MapResult {
    const scale = tf.exp(this.logScale.variable);
    const z = tf.div(y, scale);
    return [tf.mul(scale, tf.sinh(z)), logCosh(z)];
  }
}

/** Codec of {@link Asinh}. */
export const asinhCodec: Codec<Asinh> = classCodec("pushforward/asinh", Asinh, { features: field.count() });
