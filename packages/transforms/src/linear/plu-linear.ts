import type { Key } from "@pushforward/core";
import { checkOptions } from "@pushforward/core/extend";
import { type Chain, chain } from "../combinators/chain.ts";
import { LULinear } from "./lu-linear.ts";
import { randomPermutation } from "./permutation.ts";

/** Options of {@link pluLinear}. */
export interface PluLinearOptions {
  readonly features: number;
  /** Draws the permutation, and the start of the entries off the diagonals. */
  readonly key: Key;
}

/**
 * An invertible linear map from its PLU factors: `y = P·(L·U·x + b)`, P a fixed random permutation, the rest an
 * {@link LULinear}; `log|det| = Σ log U_ii`. It is the 1 × 1 convolution of Glow for single rows.
 *
 * Shapes: x and y `[...batch, features]`, log-det `[...batch]`.
 *
 * @throws {OptionError} `features` is not an integer of at least 1.
 * @see Kingma and Dhariwal 2018, Glow, https://arxiv.org/abs/1807.03039
 * @example
 * const mix = pluLinear({ features: 4, key: createKey(1) });
 */
export function pluLinear(options: PluLinearOptions): Chain {
  checkOptions("pluLinear", options, { features: true, key: true });
  const { features, key } = options;
  return chain([new LULinear({ features, key: key.fold("LU") }), randomPermutation(features, key.fold("P"))]);
}
