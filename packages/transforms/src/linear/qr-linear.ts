import type { Key } from "@pushforward/core";
import { checkOptions } from "@pushforward/core/extend";
import { type Chain, chain } from "../combinators/chain.ts";
import { HouseholderLinear } from "./householder-linear.ts";
import { TriangularLinear } from "./triangular-linear.ts";

/** Options of {@link qrLinear}. */
export interface QrLinearOptions {
  readonly features: number;
  /** Number of reflections of Q. Default: `features`, and one more where that is odd. */
  readonly reflections?: number;
  /** Draws the vectors of the reflections; without one they are unit vectors. */
  readonly key?: Key;
}

/**
 * An invertible linear map from its QR factors: `y = Q·(R·x + b)`, R upper triangular with a positive diagonal, Q a product
 * of Householder reflections; `log|det| = Σ log R_ii`. It starts at the identity for an even number of reflections.
 *
 * It is the chain of a {@link TriangularLinear} and a {@link HouseholderLinear}.
 *
 * Shapes: x and y `[...batch, features]`, log-det `[...batch]`.
 *
 * @throws {OptionError} `features` or `reflections` is not an integer of at least 1.
 * @see Hoogeboom et al. 2019, Emerging Convolutions for Generative Normalizing Flows, https://arxiv.org/abs/1901.11137
 * @example
 * const mix = qrLinear({ features: 4 });
 */
export function qrLinear(options: QrLinearOptions): Chain {
  checkOptions("qrLinear", options, { features: true, reflections: true, key: true });
  return chain([
    new TriangularLinear({ features: options.features, triangle: "upper" }),
    new HouseholderLinear(options),
  ]);
}
