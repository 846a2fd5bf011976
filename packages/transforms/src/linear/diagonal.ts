import type { Codec, Parameter } from "@pushforward/core";
import {
  AbstractElementwise,
  checkOptions,
  classCodec,
  field,
  type MapResult,
  parameter,
} from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";
import { checkFeatures } from "../check-features.ts";

/** Options of {@link Diagonal}. */
export interface DiagonalOptions {
  readonly features: number;
}

/**
 * A diagonal matrix, a learnable positive scale of each feature and no shift: `y_i = exp(s_i)·x_i`, `log|det| = Σ s_i`. The
 * parameter is s (`logScale`); zeros give the identity. With a shift it is `AffineElementwise`.
 *
 * Shapes: x and y `[...batch, features]`, log-det `[...batch]`.
 *
 * @throws {OptionError} `features` is not an integer of at least 1.
 * @throws {ShapeError} a value with another event shape.
 * @see Dinh et al. 2015, NICE, https://arxiv.org/abs/1410.8516
 * @example
 * const scale = new Diagonal({ features: 3 });
 */
export class Diagonal extends AbstractElementwise {
  readonly features: number;
  private readonly logScale: Parameter;

  constructor(options: DiagonalOptions) {
    checkOptions("Diagonal", options, { features: true });
    const { features } = options;
    super("Diagonal", [checkFeatures("Diagonal", features)]);
    this.features = features;
    this.logScale = parameter([features]);
  }

  protected forwardMap(x: tf.Tensor): MapResult {
    return scaled(x, this.logScale.variable);
  }

  protected inverseMap(y: tf.Tensor): MapResult {
    return scaled(y, tf.neg(this.logScale.variable));
  }
}

/** Codec of {@link Diagonal}. */
export const diagonalCodec: Codec<Diagonal> = classCodec("pushforward/diagonal", Diagonal, { features: field.count() });

function scaled(x: tf.Tensor, logScale: tf.Tensor): MapResult {
  return [tf.mul(x, tf.exp(logScale)), tf.clone(logScale)];
}
