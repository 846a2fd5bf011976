import { type Codec, OptionError, type Parameter } from "@pushforward/core";
import {
  AbstractBijection,
  checkOptions,
  classCodec,
  currentTraining,
  describeValue,
  field,
  type MapResult,
  parameter,
} from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";
import { checkFeatures } from "../check-features.ts";
import { POSITIVE_FORM, type PositiveForm, positiveForm, positiveFormField, positiveScale } from "../positive-scale.ts";

/** Options of {@link BatchNorm}. */
export interface BatchNormOptions {
  readonly features: number;
  /** The share of each batch in the running averages, above 0 and at most 1. Default: 0.1. */
  readonly momentum?: number;
  /** What is added to variances, above 0. Default: 1e-5. */
  readonly epsilon?: number;
  /** How the scale follows from its raw parameter; that of nflows is `{ offset: 0, smallest: 1e-5 }`. */
  readonly form?: Partial<PositiveForm>;
}

/**
 * Batch normalization as a layer of a flow: on the way to the base `u = γ (x − m)/√(v + ε) + β`, with
 * `log|det ∂u/∂x| = Σ log γ − ½ log(v + ε)`; forward is its inverse.
 *
 * In a step of training the inverse takes m and v, the biased variance, from the rows of its batch, with gradients through them, and
 * moves its running averages (with the unbiased variance); everywhere else, and forward, they are the running averages, which are
 * part of the model file. So a row has one density, whatever it is scored with. A batch of one row in training takes the averages.
 *
 * γ is `softplus(raw + log(e − 1))`, 1 at the start, and β is 0; the averages start at 0 and 1.
 *
 * Shapes: x and u `[...batch, features]`, log-det `[...batch]`.
 *
 * @throws {OptionError} `features` is not an integer of at least 1, or `momentum` or `epsilon` is out of range.
 * @throws {ShapeError} a value with another event shape.
 * @see Dinh et al. 2017, Density Estimation Using Real NVP, §3.7, https://arxiv.org/abs/1605.08803
 * @example
 * const layer = new BatchNorm({ features: 3 });
 */
export class BatchNorm extends AbstractBijection {
  readonly features: number;
  readonly momentum: number;
  readonly epsilon: number;
  readonly form: PositiveForm;
  private readonly scale: Parameter;
  private readonly shift: Parameter;
  private readonly mean: Parameter;
  private readonly variance: Parameter;

  constructor(options: BatchNormOptions) {
    checkOptions("BatchNorm", options, { features: true, momentum: true, epsilon: true, form: true });
    const { features, momentum = 0.1, epsilon = 1e-5, form = POSITIVE_FORM } = options;
    const n = checkFeatures("BatchNorm", features);
    if (!(momentum > 0 && momentum <= 1)) {
      throw new OptionError(`BatchNorm: expected momentum above 0 and at most 1, got ${describeValue(momentum)}.`);
    }
    if (!(epsilon > 0 && epsilon < 1)) {
      throw new OptionError(`BatchNorm: expected epsilon above 0 and below 1, got ${describeValue(epsilon)}.`);
    }
    super("BatchNorm", [n]);
    this.features = n;
    this.momentum = momentum;
    this.epsilon = epsilon;
    this.form = positiveForm("BatchNorm: expected form", form);
    this.scale = parameter([n]);
    this.shift = parameter([n]);
    this.mean = parameter([n], undefined, { trainable: false });
    this.variance = parameter([n], new Float32Array(n).fill(1), { trainable: false });
  }

  protected forwardMap(u: tf.Tensor): MapResult {
    const scale = positiveScale(this.scale.variable, this.form);
    const spread = tf.add(this.variance.variable, this.epsilon);
    const normal = tf.div(tf.sub(u, this.shift.variable), scale);
    const logDet = tf.sum(tf.sub(tf.mul(0.5, tf.log(spread)), tf.log(scale)));
    return [tf.add(tf.mul(normal, tf.sqrt(spread)), this.mean.variable), logDet];
  }

  protected inverseMap(x: tf.Tensor): MapResult {
    const { mean, variance } = this.statistics(x);
    const scale = positiveScale(this.scale.variable, this.form);
    const spread = tf.add(variance, this.epsilon);
    const normal = tf.div(tf.sub(x, mean), tf.sqrt(spread));
    const logDet = tf.sum(tf.sub(tf.log(scale), tf.mul(0.5, tf.log(spread))));
    return [tf.add(tf.mul(normal, scale), this.shift.variable), logDet];
  }

  private statistics(x: tf.Tensor): { readonly mean: tf.Tensor; readonly variance: tf.Tensor } {
    const rows = x.size / this.features;
    // Of another model that is used, not trained, nothing moves.
    const trains = currentTraining()?.keyOf(this.scale) !== undefined;
    if (!trains || rows < 2) return { mean: this.mean.variable, variance: this.variance.variable };
    const flat = tf.reshape(x, [rows, this.features]);
    const mean = tf.mean(flat, 0);
    const variance = tf.mean(tf.square(tf.sub(flat, mean)), 0);
    this.move(this.mean, mean.dataSync(), 1);
    this.move(this.variance, variance.dataSync(), rows / (rows - 1));
    return { mean, variance };
  }

  private move(average: Parameter, values: ArrayLike<number>, factor: number): void {
    const before = average.read();
    const share = this.momentum;
    average.write(
      Float32Array.from(values, (value, i) => (1 - share) * (before[i] as number) + share * factor * value),
    );
  }
}

/** Codec of {@link BatchNorm}. */
export const batchNormCodec: Codec<BatchNorm> = classCodec("pushforward/batch-norm", BatchNorm, {
  features: field.count(),
  momentum: field.number({ min: 0, max: 1 }),
  epsilon: field.number({ min: 0, max: 1 }),
  form: positiveFormField,
});
