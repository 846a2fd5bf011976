import { type Bijection, OptionError } from "@pushforward/core";
import { checkOptions } from "@pushforward/core/extend";
import { checkFeatures } from "../check-features.ts";
import { chain } from "../combinators/chain.ts";
import { concatenate } from "../combinators/concatenate.ts";
import { Identity } from "../combinators/identity.ts";
import { invert } from "../combinators/invert.ts";
import { Squeeze } from "./squeeze.ts";

/** Options of {@link multiScale}. */
export interface MultiScaleOptions {
  /** Channels of the image. */
  readonly channels: number;
  /**
   * The bijection of each level, from the level at the data on. That of level l, counted from 0, has events
   * `[h/2^(l+1), w/2^(l+1), 2^(l+2)·channels]`.
   */
  readonly levels: readonly Bijection[];
}

/**
 * The multi-scale architecture: on the way to the base each level squeezes blocks of 2 × 2 pixels into channels, transforms
 * them, and factors half of the channels out; the rest goes on to the next level. Half of the numbers of an image pass one
 * level, a quarter two, and so on.
 *
 * Latents stand where the channels are that were factored out, so that the base has the shape of the image: the split is a
 * {@link concatenate} of the next level and nothing. What a factored half is given the other half can be learned too: a
 * coupling as the first member of a level.
 *
 * Shapes: u and x `[...batch, h, w, channels]`, h and w divisible by 2 to the number of levels, log-det `[...batch]`.
 *
 * @throws {OptionError} no levels, or a number of channels that is not a positive integer.
 * @throws {ShapeError} an image of another shape, or a level that does not take the shape of its events.
 * @see Dinh et al. 2017, Density estimation using Real NVP, https://arxiv.org/abs/1605.08803
 * @example
 * const levels = [4, 8].map((channels) => invertible1x1({ channels, key: createKey(channels) }));
 * const transform = multiScale({ channels: 1, levels });
 * transform.forward(tf.zeros([5, 28, 28, 1])); // → shape [5, 28, 28, 1]
 */
export function multiScale(options: MultiScaleOptions): Bijection {
  checkOptions("multiScale", options, { channels: true, levels: true });
  const { channels, levels } = options;
  checkFeatures("multiScale", channels, "channels");
  const [first, ...others] = levels;
  if (first === undefined) throw new OptionError("multiScale: expected at least 1 level, got none.");
  const half = 2 * channels;
  const split =
    others.length === 0
      ? []
      : [
          concatenate({
            parts: [multiScale({ channels: half, levels: others }), new Identity()],
            sizes: [half, half],
          }),
        ];
  return chain([new Squeeze(), ...split, first, invert(new Squeeze())]);
}
