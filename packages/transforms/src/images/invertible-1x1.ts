import type { Key } from "@pushforward/core";
import { checkOptions } from "@pushforward/core/extend";
import { type Independent, independent } from "../combinators/independent.ts";
import { pluLinear } from "../linear/plu-linear.ts";

/** Options of {@link invertible1x1}. */
export interface Invertible1x1Options {
  readonly channels: number;
  /** Draws the permutation, and the start of the entries off the diagonals. */
  readonly key: Key;
}

/**
 * An invertible 1 × 1 convolution: the channels of each pixel go through one learned matrix from its PLU factors,
 * `y[i, j] = P·(L·U·x[i, j] + b)`, log-det `height·width·Σ log U_kk`. It is {@link pluLinear} for each pixel.
 *
 * Forward multiplies by the matrix; the inverse solves, for all pixels by one inverse matrix.
 *
 * Shapes: x and y `[...batch, height, width, channels]`, log-det `[...batch]`.
 *
 * @throws {OptionError} `channels` is not an integer of at least 1.
 * @throws {ShapeError} a value with another number of channels.
 * @see Kingma and Dhariwal 2018, Glow, https://arxiv.org/abs/1807.03039
 * @example
 * const mix = invertible1x1({ channels: 4, key: createKey(1) });
 * mix.forward(tf.zeros([5, 14, 14, 4])); // → shape [5, 14, 14, 4]
 */
export function invertible1x1(options: Invertible1x1Options): Independent {
  checkOptions("invertible1x1", options, { channels: true, key: true });
  const { channels, key } = options;
  return independent(pluLinear({ features: channels, key }), 2);
}
