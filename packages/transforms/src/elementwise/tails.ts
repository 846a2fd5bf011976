import { type Codec, OptionError, type Parameter } from "@pushforward/core";
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
  parameter,
} from "@pushforward/core/extend";
import { expm1, log1p, sinhArcsinhStep, stopGradient } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { checkFeatures } from "../check-features.ts";
import { logCosh, outside } from "../positive-scale.ts";
import { SMALLEST } from "./kumaraswamy.ts";

/** Options of {@link Asinh}. */
export interface AsinhOptions {
  readonly features: number;
  /** The scale to start from. Default: 1. */
  readonly scale?: number;
}

/**
 * The inverse hyperbolic sine with a learnable scale for each feature: `y = s·asinh(x/s)`, `log|det| = −½ Σ log(1 +
 * (x/s)²)`. It is the identity near 0 and logarithmic beyond s on both sides. The parameter is log s (`logScale`).
 *
 * As the final map of a flow, `invert(new Asinh(…))` creates heavy tails, and contracts the tails of data.
 *
 * Shapes: x and y `[...batch, features]`, log-det `[...batch]`.
 *
 * @throws {OptionError} `features` is not an integer of at least 1, or `scale` not a finite number above 0.
 * @throws {ShapeError} a value with a different event shape.
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

/** Options of {@link SinhArcsinh}. */
export interface SinhArcsinhOptions {
  readonly features: number;
  /** The tail weight of each column to start from. Default: 1. */
  readonly tailWeight?: ArrayLike<number>;
}

/**
 * A learnable skewness ε and tail weight δ for each feature: `y = sinh(δ (asinh x + ε))`, `log|det| = Σ log δ + log
 * cosh(δ (asinh x + ε)) − ½ log(1 + x²)`. δ > 1 makes tails heavier, ε > 0 skews to the right.
 *
 * The parameters are ε (`skewness`) and log δ (`logTailWeight`); zeros produce the identity.
 *
 * Shapes: x and y `[...batch, features]`, log-det `[...batch]`.
 *
 * @throws {OptionError} `features` is not an integer of at least 1.
 * @throws {ShapeError} a value with a different event shape.
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

/** Options of {@link SignedPower}. */
export interface SignedPowerOptions {
  readonly features: number;
}

/**
 * A learnable power that keeps the sign, for each feature: `y = sign(x)·|x|ᵖ`, `log|det| = Σ log p + (p − 1) log|x|`,
 * `p = eᵅ`. The parameter is α (`logExponent`); zeros produce the identity.
 *
 * At 0 the derivative is 0 for p > 1 and infinite for p < 1: magnitudes below 2⁻¹²⁶, the smallest normal float32, are
 * on a line through 0, so that values, log-dets and gradients stay finite.
 *
 * Shapes: x and y `[...batch, features]`, log-det `[...batch]`.
 *
 * @throws {OptionError} `features` is not an integer of at least 1.
 * @throws {ShapeError} a value with a different event shape.
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

/** Options of {@link YeoJohnson}. */
export interface YeoJohnsonOptions {
  readonly features: number;
}

/** Below, `(eᵗ − 1)/t` and `log(1 + t)/t` are summed as series. */
const NEAR = 0.03;

/**
 * The power transform of Yeo and Johnson with a learnable λ for each feature, which makes skewed columns symmetric:
 *
 * - `x ≥ 0`: `y = ((1 + x)^λ − 1)/λ`, for λ = 0 `log(1 + x)`;
 * - `x < 0`: `y = −((1 − x)^(2−λ) − 1)/(2 − λ)`, for λ = 2 `−log(1 − x)`;
 *
 * `log|det| = Σ sign(x) (λ − 1) log(1 + |x|)`. It is accurate near λ = 0 and λ = 2 too. The parameter is λ − 1
 * (`power`); zeros produce the identity.
 *
 * The map is from ℝ onto ℝ for 0 ≤ λ ≤ 2. With λ < 0 all values are below −1/λ, with λ > 2 above −1/(λ − 2); beyond,
 * the log-det of the inverse is −∞. A flow normalizes its data by `invert(new YeoJohnson(…))`, which has no such bound.
 *
 * Shapes: x and y `[...batch, features]`, log-det `[...batch]`.
 *
 * @throws {OptionError} `features` is not an integer of at least 1.
 * @throws {ShapeError} a value with a different event shape.
 * @see Yeo and Johnson 2000, A new family of power transformations, https://doi.org/10.1093/biomet/87.4.954
 * @example
 * const normalize = invert(new YeoJohnson({ features: 2 }));
 */
export class YeoJohnson extends AbstractElementwise {
  readonly features: number;
  private readonly power: Parameter;

  constructor(options: YeoJohnsonOptions) {
    checkOptions("YeoJohnson", options, { features: true });
    const { features } = options;
    super("YeoJohnson", [checkFeatures("YeoJohnson", features)]);
    this.features = features;
    this.power = parameter([features]);
  }

  // Both sides are one formula of |x|, with the exponent μ = λ above 0 and 2 − λ below.
  protected forwardMap(x: tf.Tensor): MapResult {
    const sign = signOf(x);
    const bend = tf.mul(sign, this.power.variable);
    const log = log1p(tf.mul(sign, x));
    const value = tf.mul(log, expm1Ratio(tf.mul(tf.add(bend, 1), log)));
    return [tf.mul(sign, value), tf.mul(bend, log)];
  }

  protected inverseMap(y: tf.Tensor): MapResult {
    const sign = signOf(y);
    const bend = tf.mul(sign, this.power.variable);
    const magnitude = tf.mul(sign, y);
    const product = tf.mul(tf.add(bend, 1), magnitude);
    const log = tf.mul(magnitude, log1pRatio(product));
    return [tf.mul(sign, expm1(log)), outside(tf.add(product, 1), tf.neg(tf.mul(bend, log)))];
  }
}

/** Codec of {@link YeoJohnson}. */
export const yeoJohnsonCodec: Codec<YeoJohnson> = classCodec("pushforward/yeo-johnson", YeoJohnson, {
  features: field.count(),
});

/** 1, or −1 below 0, as a constant. */
function signOf(x: tf.Tensor): tf.Tensor {
  return tf.sub(1, tf.mul(2, tf.cast(tf.less(stopGradient(x), 0), "float32")));
}

/** `(eᵗ − 1)/t`. */
function expm1Ratio(t: tf.Tensor): tf.Tensor {
  return nearOrFar(t, [1, 1 / 2, 1 / 6, 1 / 24, 1 / 120], (far) => tf.div(expm1(far), far));
}

/** `log(1 + t)/t`; t of −1 and below is taken for a number just above. */
function log1pRatio(t: tf.Tensor): tf.Tensor {
  const log = (far: tf.Tensor): tf.Tensor => tf.log(tf.maximum(tf.add(1, far), SMALLEST));
  return nearOrFar(t, [1, -1 / 2, 1 / 3, -1 / 4, 1 / 5], (far) => tf.div(log(far), far));
}

/** A series of t near 0, a formula elsewhere; each sees only arguments of its own. */
function nearOrFar(t: tf.Tensor, series: readonly number[], formula: (far: tf.Tensor) => tf.Tensor): tf.Tensor {
  const isNear = tf.less(tf.abs(stopGradient(t)), NEAR);
  const near = tf.where(isNear, t, tf.zerosLike(t));
  const sum = series.reduceRight<tf.Tensor>((rest, c) => tf.add(tf.mul(rest, near), c), tf.scalar(0));
  return tf.where(isNear, sum, formula(tf.where(isNear, tf.onesLike(t), t)));
}
