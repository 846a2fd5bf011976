import type { Key } from "@pushforward/core";
import { checkOptions } from "@pushforward/core/extend";
import { type Chain, chain } from "../combinators/chain.ts";
import { AffineElementwise } from "../elementwise/affine-elementwise.ts";
import { HouseholderLinear } from "./householder-linear.ts";

/** Options of {@link svdLinear}. */
export interface SvdLinearOptions {
  readonly features: number;
  /** Number of reflections of each orthogonal matrix. Default: `features`, and one more where that is odd. */
  readonly reflections?: number;
  /** Draws the vectors of the reflections; without one they are unit vectors. */
  readonly key?: Key;
}

/**
 * An invertible linear map from its singular value decomposition: `y = U·(S·V·x + b)`, U and V products of Householder
 * reflections, S diagonal and positive; `log|det| = Σ log S_ii`. It starts at the identity for an even number of reflections.
 *
 * It is the chain of a {@link HouseholderLinear}, an {@link AffineElementwise} and another {@link HouseholderLinear}.
 *
 * Shapes: x and y `[...batch, features]`, log-det `[...batch]`.
 *
 * @throws {OptionError} `features` or `reflections` is not an integer of at least 1.
 * @see Zhang, Lei and Dhillon 2018, Stabilizing Gradients for Deep Neural Networks via Efficient SVD Parameterization,
 * https://arxiv.org/abs/1803.09327
 * @example
 * const mix = svdLinear({ features: 4 });
 */
export function svdLinear(options: SvdLinearOptions): Chain {
  checkOptions("svdLinear", options, { features: true, reflections: true, key: true });
  const { features, reflections, key } = options;
  const orthogonal = (name: string): HouseholderLinear =>
    new HouseholderLinear({
      features,
      ...(reflections !== undefined && { reflections }),
      ...(key && { key: key.fold(name) }),
    });
  return chain([orthogonal("V"), new AffineElementwise({ features }), orthogonal("U")]);
}
