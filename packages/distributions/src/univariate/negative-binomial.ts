import type { Codec, TensorLike } from "@pushforward/core";
import { digamma, logGamma, regularizedBeta } from "@pushforward/ops";
import { AbstractDiscrete } from "./abstract-discrete.ts";
import { univariateCodec } from "./abstract-univariate.ts";
import { positive } from "./parameter-range.ts";
import { drawLogGamma, drawPoisson } from "./random-stream.ts";
import type { DiscreteFamily } from "./univariate-family.ts";

/** Options of {@link NegativeBinomial}; they broadcast with each other and with `[features]`. */
export interface NegativeBinomialOptions {
  /** Size of the event; needed only when no array tells it. */
  readonly features?: number;
  /** Failures that end the count, `[...batch, features]`: positive, not necessarily integers. */
  readonly totalCount: TensorLike;
  /** Probabilities of a success, which is counted: `[...batch, features]`, above 0 and below 1. */
  readonly probs: TensorLike;
}

type Names = "totalCount" | "probs";

const family: DiscreteFamily<Names> = {
  name: "NegativeBinomial",
  parameters: { totalCount: positive(), probs: positive() },
  refuse: ({ probs }) => (probs < 1 ? undefined : `probs below 1, got ${probs}`),
  ends: () => [0, Number.POSITIVE_INFINITY],
  logMass: (k, { totalCount: r, probs: p }) =>
    logGamma(k + r) - logGamma(r) - logGamma(k + 1) + r * Math.log1p(-p) + k * Math.log(p),
  slopes: (k, { totalCount: r, probs: p }) => ({
    totalCount: digamma(k + r) - digamma(r) + Math.log1p(-p),
    probs: k / p - r / (1 - p),
  }),
  cdf: (k, { totalCount: r, probs: p }) => regularizedBeta(r, k + 1, 1 - p, p).lower,
  // A Poisson whose rate is Gamma distributed.
  draw: (random, { totalCount: r, probs: p }) => drawPoisson(random, (Math.exp(drawLogGamma(random, r)) * p) / (1 - p)),
  mean: ({ totalCount: r, probs: p }) => (r * p) / (1 - p),
  variance: ({ totalCount: r, probs: p }) => (r * p) / (1 - p) ** 2,
};

/**
 * Independent negative binomial distributions: the number of successes before the r-th failure, `log P(x) = Σ (ln Γ(xᵢ + r)
 * − ln Γ(r) − ln xᵢ! + r ln(1 − p) + xᵢ ln p)` for xᵢ = 0, 1, 2, …, with r the `totalCount` and p the `probs` of its
 * feature. Event shape `[features]`; events are integers in float32.
 *
 * The names are those of PyTorch and TensorFlow Probability; the p of SciPy is `1 − probs`. The log-probability of anything
 * that is not a count is `-Infinity`. It is computed on the host in float64; its gradient by x is 0.
 *
 * Parameters may be tensors: they are borrowed, and gradients of the log-density flow into them.
 *
 * @throws {DomainError} a total count is not positive, a probability is not between 0 and 1.
 * @throws {OptionError} no total count or no probability.
 * @throws {ShapeError} the options do not broadcast.
 * @example
 * new NegativeBinomial({ totalCount: [3], probs: 0.4 }).mean(); // → [2]
 */
export class NegativeBinomial extends AbstractDiscrete<Names> {
  constructor(options: NegativeBinomialOptions) {
    super(family, options);
  }
}

/** Codec of {@link NegativeBinomial}. */
export const negativeBinomialCodec: Codec<NegativeBinomial> = univariateCodec(
  "pushforward/negative-binomial",
  NegativeBinomial,
  family,
);
