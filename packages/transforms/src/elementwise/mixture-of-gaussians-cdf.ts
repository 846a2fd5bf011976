import type { Codec } from "@pushforward/core";
import { checkOptions, classCodec, field } from "@pushforward/core/extend";
import type * as tf from "@tensorflow/tfjs-core";
import { AbstractMixtureCdf, type MixtureCdfOptions } from "./abstract-mixture-cdf.ts";
import { logNormalDensity } from "./log-normal-density.ts";
import { logNormalCdf, normalQuantile } from "./normal-functions.ts";

/**
 * The distribution function of a learnable mixture of normals for each feature, `F(x) = Σ_k w_k Φ((x − m_k)/s_k)`,
 * ℝ → (0, 1), or, by default, `Φ⁻¹(F(x))`, ℝ → ℝ. `log|det|` is `Σ log f(x)`, f the density of the mixture, or
 * `Σ log f(x) − log φ(y)`.
 *
 * A flow from a standard normal that ends with the inverse of one has such mixtures as the densities of its features;
 * between rotations it is a layer of Gaussianization. The parameters are `logit` (of the weights), `mean` and `logScale`,
 * each `[features, components]`. Means start evenly spaced, so that the map is near the identity of ℝ.
 *
 * Φ and Φ⁻¹ are computed in float64 from logarithms, which keeps both tails. The inverse is found by Newton's method in a
 * bracket, to 1e-6 relative to max(1, |x|), its gradients by the implicit function.
 *
 * Shapes: x and y `[...batch, features]`, log-det `[...batch]`.
 *
 * @throws {OptionError} `features` or `components` is not an integer of at least 1, or `range` another word.
 * @throws {ShapeError} a value with another event shape.
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
