import { type Bijection, type Codec, OptionError, type Parameter } from "@pushforward/core";
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
import {
  boxConstraintStep,
  clip,
  fixedMapStep,
  log1mexp,
  log1p,
  softplus,
  softplusInverse,
  stopGradient,
} from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { checkFeatures } from "../check-features.ts";
import { logCosh, outside } from "../positive-scale.ts";
import { logProbabilities, outsideUnit, SMALLEST } from "./kumaraswamy.ts";

/**
 * The exponential, ℝ → (0, ∞): `y = eˣ`, `log|dy/dx| = x`, elementwise. The logarithm is `invert(new Exp())`.
 *
 * The inverse takes 0 for 2⁻¹²⁶, the smallest normal float32; the log-det at negative y is −∞.
 *
 * Shapes: any, with an event rank of 0: the log-det has the shape of x.
 *
 * @example
 * new Exp().forward(tf.tensor1d([0, 1])); // → [1, 2.718]
 */
export class Exp extends AbstractElementwise {
  constructor() {
    super("Exp");
  }

  /** The positive numbers, the image of this map. */
  get support(): Bijection {
    return this;
  }

  protected forwardMap(x: tf.Tensor): MapResult {
    return [tf.exp(x), x];
  }

  protected inverseMap(y: tf.Tensor): MapResult {
    const x = tf.log(tf.maximum(y, SMALLEST));
    return [x, outside(y, tf.neg(x))];
  }

  lower(plan: PlanBuilder, direction: Direction, value: PlanMatrix): LoweredMap {
    const low = Array<number>(value.columns).fill(0);
    return boxConstraintStep(plan, direction, value, {
      low,
      high: low.map(() => Number.POSITIVE_INFINITY),
      sharpness: 0,
    });
  }
}

/** Codec of {@link Exp}. */
export const expCodec: Codec<Exp> = classCodec("pushforward/exp", Exp, {});

/**
 * The logistic function, ℝ → (0, 1): `y = 1/(1 + e⁻ˣ)`, `log|dy/dx| = −log(1 + eˣ) − log(1 + e⁻ˣ)`, elementwise. The
 * logit is `invert(new Sigmoid())`; for other intervals see `BoxConstraint`.
 *
 * The inverse takes 0 and 1 for numbers just inside, 2⁻¹²⁶ and 1 − 2⁻²⁵; the log-det outside is −∞.
 *
 * Shapes: any, with an event rank of 0: the log-det has the shape of x.
 *
 * @example
 * const logit = invert(new Sigmoid());
 * logit.forward(tf.tensor1d([0.5, 0.9])); // → [0, 2.197]
 */
export class Sigmoid extends AbstractElementwise {
  constructor() {
    super("Sigmoid");
  }

  /** The interval (0, 1), which is the image of this map. */
  get support(): Bijection {
    return this;
  }

  protected forwardMap(x: tf.Tensor): MapResult {
    return [tf.sigmoid(x), tf.neg(tf.add(softplus(x), softplus(tf.neg(x))))];
  }

  protected inverseMap(y: tf.Tensor): MapResult {
    const [logP, logRest] = logProbabilities(y);
    return [tf.sub(logP, logRest), outsideUnit(y, tf.neg(tf.add(logP, logRest)))];
  }

  lower(plan: PlanBuilder, direction: Direction, value: PlanMatrix): LoweredMap {
    const low = Array<number>(value.columns).fill(0);
    return boxConstraintStep(plan, direction, value, { low, high: low.map(() => 1), sharpness: 0 });
  }
}

/** Codec of {@link Sigmoid}. */
export const sigmoidCodec: Codec<Sigmoid> = classCodec("pushforward/sigmoid", Sigmoid, {});

/**
 * The softplus, ℝ → (0, ∞): `y = log(1 + eˣ)`, `log|dy/dx| = −log(1 + e⁻ˣ)`, elementwise. Its inverse is
 * `x = y + log(1 − e⁻ʸ)`.
 *
 * It is close to the exponential well below 0 and to the identity well above, so large values keep their scale. The
 * inverse replaces 0 by 2⁻¹²⁶, the smallest normal float32; the log-det at negative y is −∞.
 *
 * Shapes: any, with an event rank of 0: the log-det has the shape of x.
 *
 * @see Dugas et al. 2001, Incorporating Second-Order Functional Knowledge for Better Option Pricing, NeurIPS 13
 * @example
 * new Softplus().forward(tf.tensor1d([0, 50])); // → [0.693, 50]
 */
export class Softplus extends AbstractElementwise {
  constructor() {
    super("Softplus");
  }

  /** The positive numbers, the image of this map. */
  get support(): Bijection {
    return this;
  }

  protected forwardMap(x: tf.Tensor): MapResult {
    return [softplus(x), tf.neg(softplus(tf.neg(x)))];
  }

  protected inverseMap(y: tf.Tensor): MapResult {
    const kept = tf.maximum(y, SMALLEST);
    return [softplusInverse(kept), outside(y, tf.neg(log1mexp(kept)))];
  }

  lower(plan: PlanBuilder, direction: Direction, value: PlanMatrix): LoweredMap {
    return fixedMapStep(plan, direction, value, "softplus");
  }
}

/** Codec of {@link Softplus}. */
export const softplusCodec: Codec<Softplus> = classCodec("pushforward/softplus", Softplus, {});

/** The largest float32 below 1. */
const INSIDE = 1 - 2 ** -24;

/** `½ log((1 + y)/(1 − y))`, elementwise, accurate near 0; numbers outside of (−1, 1) are taken for the nearest inside. */
function atanh(y: tf.Tensor): tf.Tensor {
  const inside = clip(y, -INSIDE, INSIDE);
  return tf.mul(0.5, tf.sub(log1p(inside), log1p(tf.neg(inside))));
}

/**
 * The hyperbolic tangent, ℝ → (−1, 1): `y = tanh x`, `log|dy/dx| = −2 log cosh x`, elementwise.
 *
 * The inverse takes −1 and 1 for the next float32 inside; the log-det outside is −∞.
 *
 * Shapes: any, with an event rank of 0: the log-det has the shape of x.
 *
 * @example
 * new Tanh().forward(tf.tensor1d([0, 1])); // → [0, 0.762]
 */
export class Tanh extends AbstractElementwise {
  constructor() {
    super("Tanh");
  }

  /** The interval (−1, 1), which is the image of this map. */
  get support(): Bijection {
    return this;
  }

  protected forwardMap(x: tf.Tensor): MapResult {
    return [tf.tanh(x), tf.mul(logCosh(x), -2)];
  }

  protected inverseMap(y: tf.Tensor): MapResult {
    const x = atanh(y);
    return [x, outside(tf.sub(1, tf.abs(y)), tf.mul(logCosh(x), 2))];
  }

  lower(plan: PlanBuilder, direction: Direction, value: PlanMatrix): LoweredMap {
    return fixedMapStep(plan, direction, value, "tanh");
  }
}

/** Codec of {@link Tanh}. */
export const tanhCodec: Codec<Tanh> = classCodec("pushforward/tanh", Tanh, {});

/** Options of {@link LeakyRelu}. */
export interface LeakyReluOptions {
  readonly features: number;
  /** The slope below 0, to start from if it is learned. Default: 0.01. */
  readonly slope?: number;
  /** If true, each feature learns its slope. Default: true. */
  readonly trainable?: boolean;
}

/**
 * A bend at 0 for each feature: `y = x` for `x ≥ 0` and `y = a·x` below, `log|det| = Σ log a` over the negative
 * features, with a slope `a > 0` that is either learned, as `logSlope`, or fixed.
 *
 * Shapes: x and y `[...batch, features]`, log-det `[...batch]`.
 *
 * @throws {OptionError} `features` is not an integer of at least 1, or `slope` not a finite number above 0.
 * @throws {ShapeError} a value with a different event shape.
 * @see Maas et al. 2013, Rectifier Nonlinearities Improve Neural Network Acoustic Models
 * @example
 * new LeakyRelu({ features: 2, slope: 0.5 }).forward(tf.tensor1d([3, -4])); // → [3, -2]
 */
export class LeakyRelu extends AbstractElementwise {
  readonly features: number;
  readonly trainable: boolean;
  private readonly logSlope: Parameter;

  constructor(options: LeakyReluOptions) {
    checkOptions("LeakyRelu", options, { features: true, slope: true, trainable: true });
    const { features, slope = 0.01, trainable = true } = options;
    super("LeakyRelu", [checkFeatures("LeakyRelu", features)]);
    if (!(slope > 0 && Number.isFinite(slope))) {
      throw new OptionError(`LeakyRelu: expected a finite slope above 0, got ${describeValue(slope)}.`);
    }
    this.features = features;
    this.trainable = trainable;
    this.logSlope = parameter([features], () => new Float32Array(features).fill(Math.log(slope)), { trainable });
  }

  protected forwardMap(x: tf.Tensor): MapResult {
    return this.bend(x, this.logSlope.variable);
  }

  protected inverseMap(y: tf.Tensor): MapResult {
    return this.bend(y, tf.neg(this.logSlope.variable));
  }

  /** Applies a different slope below 0. At 0 the derivative is the right derivative. */
  private bend(x: tf.Tensor, logSlope: tf.Tensor): MapResult {
    const isBelow = tf.cast(tf.less(stopGradient(x), 0), "float32");
    const logDerivative = tf.mul(isBelow, logSlope);
    return [tf.mul(x, tf.exp(logDerivative)), logDerivative];
  }
}

/** Codec of {@link LeakyRelu}. */
export const leakyReluCodec: Codec<LeakyRelu> = classCodec("pushforward/leaky-relu", LeakyRelu, {
  features: field.count(),
  trainable: field.boolean(),
});

/** Options of {@link LeakyTanh}. */
export interface LeakyTanhOptions {
  /** Where the lines begin. Default: 3. */
  readonly max?: number;
}

/** Beyond this value, float32 does not distinguish the hyperbolic tangent from 1. */
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
