import { type Bijection, type Codec, OptionError, type Parameter } from "@pushforward/core";
import {
  AbstractElementwise,
  checkOptions,
  classCodec,
  field,
  type MapResult,
  parameter,
} from "@pushforward/core/extend";
import { logSumExp, softplus } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { checkFeatures } from "../check-features.ts";
import { monotoneInverse } from "../roots.ts";
import { logProbabilities, outsideUnit } from "./kumaraswamy.ts";
import { logNormalCdf, logNormalDensity, normalQuantile } from "./normal-cdf.ts";

/** Image of the distribution function of a mixture. */
export type CdfRange = "line" | "interval";

/** Options of the distribution functions of mixtures. */
export interface MixtureCdfOptions {
  readonly features: number;
  /** Components of each feature. Default: 8. */
  readonly components?: number;
  /**
   * `"interval"`: the distribution function itself, onto (0, 1). `"line"`: followed by the quantile function of a
   * single standard component, onto ℝ, accurate in the tails. Default: `"line"`.
   */
  readonly range?: CdfRange;
}

/** Maximum initial distance of the means from 0, in standard deviations of the mixture. */
const SPREAD = 1.5;

/**
 * The distribution function of a mixture of K components of the same symmetric type for each feature, `F(x) = Σ w_k
 * G((x − m_k)/s_k)`, or `G⁻¹(F(x))`. A subclass defines the standard component G.
 */
abstract class AbstractMixtureCdf extends AbstractElementwise {
  override readonly inverseKind = "iterative";
  readonly features: number;
  readonly components: number;
  readonly range: CdfRange;
  private readonly logit: Parameter;
  private readonly mean: Parameter;
  private readonly logScale: Parameter;

  protected constructor(label: string, options: MixtureCdfOptions, deviation: number) {
    const { features, components = 8, range = "line" } = options;
    super(label, [checkFeatures(label, features)]);
    if (range !== "line" && range !== "interval") {
      throw new OptionError(`${label}: expected range to be "line" or "interval", got ${JSON.stringify(range)}.`);
    }
    this.features = features;
    this.components = checkFeatures(label, components, "components");
    this.range = range;
    const shape = [features, components];
    this.logit = parameter(shape);
    // Evenly spaced means, so that components differ, and scales with which the whole has the variance of one component.
    const scale = Math.sqrt(1 - (SPREAD ** 2 * (1 - components ** -2)) / 3);
    this.mean = parameter(shape, () =>
      Float32Array.from({ length: features * components }, (_, i) => {
        return deviation * SPREAD * ((2 * (i % components) + 1) / components - 1);
      }),
    );
    this.logScale = parameter(shape, () => new Float32Array(features * components).fill(Math.log(scale)));
  }

  /** (0, 1), if it is the image of the map. */
  get support(): Bijection | undefined {
    return this.range === "interval" ? this : undefined;
  }

  /** log G. */
  protected abstract logCdf(z: tf.Tensor): tf.Tensor;

  /** log of the density of G. */
  protected abstract logDensity(z: tf.Tensor): tf.Tensor;

  /** `G⁻¹(p)` from log p and log(1 − p). */
  protected abstract quantile(logP: tf.Tensor, logRest: tf.Tensor): tf.Tensor;

  protected forwardMap(x: tf.Tensor): MapResult {
    if (this.range === "line") return this.toLine(x);
    const { z, logWeight } = this.standardized(x);
    return [tf.exp(logSumExp(tf.add(logWeight, this.logCdf(z)), -1)), this.logMixture(z, logWeight)];
  }

  protected inverseMap(y: tf.Tensor): MapResult {
    // Onto the line the map has slopes of one size, far out too.
    const onLine = this.range === "line" ? y : this.quantile(...logProbabilities(y));
    const x = monotoneInverse((at) => this.toLine(at), onLine);
    if (this.range === "line") return [x, tf.neg(this.toLine(x)[1])];
    const { z, logWeight } = this.standardized(x);
    return [x, outsideUnit(y, tf.neg(this.logMixture(z, logWeight)))];
  }

  private toLine(x: tf.Tensor): [value: tf.Tensor, logSlope: tf.Tensor] {
    const { z, logWeight } = this.standardized(x);
    const logP = logSumExp(tf.add(logWeight, this.logCdf(z)), -1);
    const logRest = logSumExp(tf.add(logWeight, this.logCdf(tf.neg(z))), -1);
    const y = this.quantile(logP, logRest);
    return [y, tf.sub(this.logMixture(z, logWeight), this.logDensity(y))];
  }

  private logMixture(z: tf.Tensor, logWeight: tf.Tensor): tf.Tensor {
    return logSumExp(tf.add(tf.sub(logWeight, this.logScale.variable), this.logDensity(z)), -1);
  }

  private standardized(x: tf.Tensor): { z: tf.Tensor; logWeight: tf.Tensor } {
    const z = tf.div(tf.sub(tf.expandDims(x, -1), this.mean.variable), tf.exp(this.logScale.variable));
    return { z, logWeight: tf.logSoftmax(this.logit.variable) };
  }
}

/**
 * The distribution function of a learnable mixture of normals for each feature, `F(x) = Σ_k w_k Φ((x − m_k)/s_k)`,
 * ℝ → (0, 1), or, by default, `Φ⁻¹(F(x))`, ℝ → ℝ. `log|det|` is `Σ log f(x)`, f the density of the mixture, or
 * `Σ log f(x) − log φ(y)`.
 *
 * A flow from a standard normal with the inverse as the final map has such mixtures as feature densities; between
 * rotations it is a Gaussianization layer. The parameters are `logit` (of the weights), `mean` and `logScale`, each
 * `[features, components]`. Initial means are evenly spaced, so the map is near the identity of ℝ.
 *
 * Φ and Φ⁻¹ are computed in float64 from logarithms, which keeps both tails. The inverse is found by Newton's method in
 * a bracket, to 1e-6 relative to max(1, |x|), its gradients by the implicit function.
 *
 * Shapes: x and y `[...batch, features]`, log-det `[...batch]`.
 *
 * @throws {OptionError} `features` or `components` is not an integer of at least 1, or `range` is not a valid word.
 * @throws {ShapeError} a value with a different event shape.
 * @see Chen and Gopinath 2000, Gaussianization, NeurIPS 13; Meng et al. 2020, Gaussianization Flows,
 * https://arxiv.org/abs/2003.01941
 * @example
 * const marginals = invert(new MixtureOfGaussiansCdf({ features: 2, components: 5 }));
 */
export class MixtureOfGaussiansCdf extends AbstractMixtureCdf {
  constructor(options: MixtureCdfOptions) {
    checkOptions("MixtureOfGaussiansCdf", options, { features: true, components: true, range: true });
    super("MixtureOfGaussiansCdf", options, 1);
  }

  protected logCdf(z: tf.Tensor): tf.Tensor {
    return logNormalCdf(z);
  }

  protected logDensity(z: tf.Tensor): tf.Tensor {
    return logNormalDensity(z);
  }

  protected quantile(logP: tf.Tensor, logRest: tf.Tensor): tf.Tensor {
    return normalQuantile(logP, logRest);
  }
}

/** Codec of {@link MixtureOfGaussiansCdf}. */
export const mixtureOfGaussiansCdfCodec: Codec<MixtureOfGaussiansCdf> = classCodec(
  "pushforward/mixture-of-gaussians-cdf",
  MixtureOfGaussiansCdf,
  { features: field.count(), components: field.count(), range: field.oneOf("line", "interval") },
);

/**
 * The distribution function of a learnable mixture of logistic distributions for each feature,
 * `F(x) = Σ_k w_k σ((x − m_k)/s_k)`, ℝ → (0, 1), or, by default, `logit F(x)`, ℝ → ℝ. `log|det|` is `Σ log f(x)`, f the
 * density of the mixture, or `Σ log f(x) − log F(x)(1 − F(x))`.
 *
 * A flow with the inverse as the final map has such mixtures as feature densities; between linear maps it is a layer of
 * Gaussianization, or of Flow++. The parameters are `logit` (of the weights), `mean` and `logScale`, each `[features,
 * components]`. Initial means are evenly spaced, so the map is near the identity of ℝ.
 *
 * The inverse is found by Newton's method in a bracket, to 1e-6 relative to max(1, |x|), its gradients by the implicit
 * function.
 *
 * Shapes: x and y `[...batch, features]`, log-det `[...batch]`.
 *
 * @throws {OptionError} `features` or `components` is not an integer of at least 1, or `range` is not a valid word.
 * @throws {ShapeError} a value with a different event shape.
 * @see Ho et al. 2019, Flow++, https://arxiv.org/abs/1902.00275; Meng et al. 2020, Gaussianization Flows,
 * https://arxiv.org/abs/2003.01941
 * @example
 * const marginals = invert(new MixtureOfLogisticsCdf({ features: 2, components: 5 }));
 */
export class MixtureOfLogisticsCdf extends AbstractMixtureCdf {
  constructor(options: MixtureCdfOptions) {
    checkOptions("MixtureOfLogisticsCdf", options, { features: true, components: true, range: true });
    super("MixtureOfLogisticsCdf", options, Math.PI / Math.sqrt(3));
  }

  protected logCdf(z: tf.Tensor): tf.Tensor {
    return tf.neg(softplus(tf.neg(z)));
  }

  protected logDensity(z: tf.Tensor): tf.Tensor {
    return tf.neg(tf.add(softplus(z), softplus(tf.neg(z))));
  }

  protected quantile(logP: tf.Tensor, logRest: tf.Tensor): tf.Tensor {
    return tf.sub(logP, logRest);
  }
}

/** Codec of {@link MixtureOfLogisticsCdf}. */
export const mixtureOfLogisticsCdfCodec: Codec<MixtureOfLogisticsCdf> = classCodec(
  "pushforward/mixture-of-logistics-cdf",
  MixtureOfLogisticsCdf,
  { features: field.count(), components: field.count(), range: field.oneOf("line", "interval") },
);
