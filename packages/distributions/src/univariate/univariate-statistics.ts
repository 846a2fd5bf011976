import type { TensorLike } from "@pushforward/core";
import type { Tensor } from "@tensorflow/tfjs-core";

/**
 * Statistics of a distribution with independent features: an optional capability.
 *
 * All are computed on the host in float64 and rounded once; none has a gradient. A moment that does not exist is NaN, a
 * moment that diverges is `Infinity`. The tensors belong to the caller.
 */
export interface UnivariateStatistics {
  /** `P(X ≤ x)` of each feature: x and result `[...sample, ...batch, features]`. */
  cdf(x: TensorLike): Tensor;
  /** The smallest x with `P(X ≤ x) ≥ p`, of each feature: p and result `[...sample, ...batch, features]`. NaN outside [0, 1]. */
  icdf(p: TensorLike): Tensor;
  /** `[...batch, features]`. */
  mean(): Tensor;
  /** `[...batch, features]`. */
  variance(): Tensor;
  /** In nats, `[...batch]`: the sum over the features. */
  entropy(): Tensor;
}
