import type { Bijection, Codec } from "@pushforward/core";
import { AbstractElementwise, classCodec, type MapResult } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";
import { logProbabilities, outsideUnit } from "../unit-interval.ts";
import { logNormalDensity } from "./log-normal-density.ts";
import { normalCdf, normalQuantile } from "./normal-functions.ts";

/**
 * The distribution function of the standard normal, ℝ → (0, 1): `y = Φ(x)`, `log|dy/dx| = −½x² − ½ log 2π`, elementwise.
 * The probit is `invert(new NormalCdf())`. It maps a standard normal to a uniform, and is computed in float64.
 *
 * The inverse takes 0 and 1 for numbers just inside, 2⁻¹²⁶ and 1 − 2⁻²⁵; the log-det outside is −∞.
 *
 * Shapes: any, with an event rank of 0: the log-det has the shape of x.
 *
 * @example
 * new NormalCdf().forward(tf.tensor1d([0, 1.96])); // → [0.5, 0.975]
 */
export class NormalCdf extends AbstractElementwise {
  constructor() {
    super("NormalCdf");
  }

  /** The interval (0, 1): this map reaches all of it. */
  get support(): Bijection {
    return this;
  }

  protected forwardMap(x: tf.Tensor): MapResult {
    return [normalCdf(x), logNormalDensity(x)];
  }

  protected inverseMap(y: tf.Tensor): MapResult {
    const x = normalQuantile(...logProbabilities(y));
    return [x, outsideUnit(y, tf.neg(logNormalDensity(x)))];
  }
}

/** Codec of {@link NormalCdf}. */
export const normalCdfCodec: Codec<NormalCdf> = classCodec("pushforward/normal-cdf", NormalCdf, {});
