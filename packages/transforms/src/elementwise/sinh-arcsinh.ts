import { type Codec, OptionError, type Parameter } from "@pushforward/core";
import {
  AbstractElementwise,
  checkOptions,
  classCodec,
  type Direction,
  field,
  type LoweredMap,
  type MapResult,
  type PlanBuilder,
  type PlanMatrix,
  parameter,
} from "@pushforward/core/extend";
import { sinhArcsinhStep } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { checkFeatures } from "../check-features.ts";
import { logCosh } from "../log-cosh.ts";

/** Options of {@link SinhArcsinh}. */
export interface SinhArcsinhOptions {
  readonly features: number;
  /** The tail weight of each column to start from. Default: 1. */
  readonly tailWeight?: ArrayLike<number>;
}

/**
 * A learnable skewness ε and tail weight δ for each feature: `y = sinh(δ (asinh x + ε))`,
 * `log|det| = Σ log δ + log cosh(δ (asinh x + ε)) − ½ log(1 + x²)`. δ > 1 makes tails heavier, ε > 0 skews to the right.
 *
 * The parameters are ε (`skewness`) and log δ (`logTailWeight`); zeros give the identity.
 *
 * Shapes: x and y `[...batch, features]`, log-det `[...batch]`.
 *
 * @throws {OptionError} `features` is not an integer of at least 1.
 * @throws {ShapeError} a value with another event shape.
 * @see Jones and Pewsey 2009, Sinh-arcsinh distributions, https://doi.org/10.1093/biomet/asp053
 * @example
 * const tails = new SinhArcsinh({ features: 2 });
 */
export class SinhArcsinh extends AbstractElementwise {
  readonly features: number;
  private readonly skewness: Parameter;
  private readonly logTailWeight: Parameter;

  constructor(options: SinhArcsinhOptions) {
    checkOptions("SinhArcsinh", options, { features: true, tailWeight: true });
    const { features, tailWeight } = options;
    super("SinhArcsinh", [checkFeatures("SinhArcsinh", features)]);
    this.features = features;
    this.skewness = parameter([features]);
    this.logTailWeight = parameter([features], tailWeight && logarithms(tailWeight, features));
  }

  protected forwardMap(x: tf.Tensor): MapResult {
    const z = tf.mul(tf.exp(this.logTailWeight.variable), tf.add(tf.asinh(x), this.skewness.variable));
    return [tf.sinh(z), this.logSlope(x, z)];
  }

  protected inverseMap(y: tf.Tensor): MapResult {
    const z = tf.asinh(y);
    const x = tf.sinh(tf.sub(tf.mul(z, tf.exp(tf.neg(this.logTailWeight.variable))), this.skewness.variable));
    return [x, tf.neg(this.logSlope(x, z))];
  }

  lower(plan: PlanBuilder, direction: Direction, value: PlanMatrix): LoweredMap {
    const { skewness, logTailWeight } = this;
    return sinhArcsinhStep(plan, direction, this.planEvent(value), { skewness, logTailWeight });
  }

  private logSlope(x: tf.Tensor, z: tf.Tensor): tf.Tensor {
    // ½ log(1 + x²) = log cosh(asinh x), which does not overflow.
    return tf.add(this.logTailWeight.variable, tf.sub(logCosh(z), logCosh(tf.asinh(x))));
  }
}

function logarithms(tailWeight: ArrayLike<number>, features: number): Float64Array {
  const all = Array.from(tailWeight);
  if (all.length !== features || !all.every((weight) => weight > 0 && weight < Number.POSITIVE_INFINITY)) {
    throw new OptionError(
      `SinhArcsinh: expected ${features} finite tail weights above 0, got ${all.length === features ? all.join(", ") : all.length}.`,
    );
  }
  return Float64Array.from(all, Math.log);
}

/** Codec of {@link SinhArcsinh}. */
export const sinhArcsinhCodec: Codec<SinhArcsinh> = classCodec("pushforward/sinh-arcsinh", SinhArcsinh, {
  features: field.count(),
});
