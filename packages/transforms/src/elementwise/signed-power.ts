import type { Codec, Parameter } from "@pushforward/core";
import {
  AbstractElementwise,
  checkOptions,
  classCodec,
  field,
  type MapResult,
  parameter,
} from "@pushforward/core/extend";
import { expm1 } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { checkFeatures } from "../check-features.ts";
import { SMALLEST } from "../unit-interval.ts";

/** Options of {@link SignedPower}. */
export interface SignedPowerOptions {
  readonly features: number;
}

/**
 * A learnable power that keeps the sign, for each feature: `y = sign(x)·|x|ᵖ`, `log|det| = Σ log p + (p − 1) log|x|`,
 * `p = eᵅ`. The parameter is α (`logExponent`); zeros give the identity.
 *
 * At 0 the derivative is 0 for p > 1 and infinite for p < 1: magnitudes below 2⁻¹²⁶, the smallest normal float32, are on
 * a line through 0, so that values, log-dets and gradients stay finite.
 *
 * Shapes: x and y `[...batch, features]`, log-det `[...batch]`.
 *
 * @throws {OptionError} `features` is not an integer of at least 1.
 * @throws {ShapeError} a value with another event shape.
 * @see zuko (Rozet et al. 2022), https://github.com/probabilists/zuko
 * @example
 * const power = new SignedPower({ features: 2 });
 */
export class SignedPower extends AbstractElementwise {
  readonly features: number;
  private readonly logExponent: Parameter;

  constructor(options: SignedPowerOptions) {
    checkOptions("SignedPower", options, { features: true });
    const { features } = options;
    super("SignedPower", [checkFeatures("SignedPower", features)]);
    this.features = features;
    this.logExponent = parameter([features]);
  }

  protected forwardMap(x: tf.Tensor): MapResult {
    return raise(x, this.logExponent.variable);
  }

  protected inverseMap(y: tf.Tensor): MapResult {
    return raise(y, tf.neg(this.logExponent.variable));
  }
}

/** Codec of {@link SignedPower}. */
export const signedPowerCodec: Codec<SignedPower> = classCodec("pushforward/signed-power", SignedPower, {
  features: field.count(),
});

function raise(x: tf.Tensor, logExponent: tf.Tensor): MapResult {
  // y = x·|x|^(p − 1), of which p − 1 is accurate near 0.
  const logFactor = tf.mul(expm1(logExponent), tf.log(tf.maximum(tf.abs(x), SMALLEST)));
  return [tf.mul(x, tf.exp(logFactor)), tf.add(logExponent, logFactor)];
}
