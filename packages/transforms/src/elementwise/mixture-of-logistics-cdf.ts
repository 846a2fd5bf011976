import type { Codec } from "@pushforward/core";
import { checkOptions, classCodec, field } from "@pushforward/core/extend";
import { softplus } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { AbstractMixtureCdf, type MixtureCdfOptions } from "./abstract-mixture-cdf.ts";

/**
 * The distribution function of a learnable mixture of logistic distributions for each feature,
 * `F(x) = Σ_k w_k σ((x − m_k)/s_k)`, ℝ → (0, 1), or, by default, `logit F(x)`, ℝ → ℝ. `log|det|` is `Σ log f(x)`, f the
 * density of the mixture, or `Σ log f(x) − log F(x)(1 − F(x))`.
 *
 * A flow that ends with the inverse of one has such mixtures as the densities of its features; between linear maps it is a
 * layer of Gaussianization, or of Flow++. The parameters are `logit` (of the weights), `mean` and `logScale`, each
 * `[features, components]`. Means start evenly spaced, so that the map is near the identity of ℝ.
 *
 * The inverse is found by Newton's method in a bracket, to 1e-6 relative to max(1, |x|), its gradients by the implicit
 * function.
 *
 * Shapes: x and y `[...batch, features]`, log-det `[...batch]`.
 *
 * @throws {OptionError} `features` or `components` is not an integer of at least 1, or `range` another word.
 * @throws {ShapeError} a value with another event shape.
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
