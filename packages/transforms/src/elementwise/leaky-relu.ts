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
import { stopGradient } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { checkFeatures } from "../check-features.ts";

/** Options of {@link LeakyRelu}. */
export interface LeakyReluOptions {
  readonly features: number;
  /** The slope below 0, to start from if it is learned. Default: 0.01. */
  readonly slope?: number;
  /** Whether each feature learns its slope. Default: true. */
  readonly trainable?: boolean;
}

/**
 * A bend at 0 for each feature: `y = x` for `x ≥ 0` and `y = a·x` below, `log|det| = Σ log a` over the negative features,
 * with a slope `a > 0` that is learned, as `logSlope`, or stays as it is.
 *
 * Shapes: x and y `[...batch, features]`, log-det `[...batch]`.
 *
 * @throws {OptionError} `features` is not an integer of at least 1, or `slope` not a finite number above 0.
 * @throws {ShapeError} a value with another event shape.
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

  /** Below 0 a line of another slope. At 0 the derivative is that from above. */
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
