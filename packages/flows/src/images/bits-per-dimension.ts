import { OptionError } from "@pushforward/core";
import { checkOptions, describeValue } from "@pushforward/core/extend";

/** Options of {@link bitsPerDimension}. */
export interface BitsPerDimensionOptions {
  /** Numbers in one event: height × width × channels of an image. */
  readonly dimensions: number;
  /**
   * How many values a number has, where `logProb` is the log-density of numbers that were scaled to [0, 1]: 256 for images
   * of 8 bits. Default: 1, for a log-probability of the values themselves or a density in their units.
   */
  readonly levels?: number;
}

/**
 * A log-density in nats as bits per dimension, `log₂ levels − logProb/(dimensions · ln 2)`: what a code needs for each
 * number of an event. Lower is better; uniform pixels of 8 bits have 8.
 *
 * @throws {OptionError} `dimensions` or `levels` is not an integer of at least 1.
 * @see Theis et al. 2016, A note on the evaluation of generative models, https://arxiv.org/abs/1511.01844
 * @example
 * bitsPerDimension(0, { dimensions: 784, levels: 256 }); // → 8
 */
export function bitsPerDimension(logProb: number, options: BitsPerDimensionOptions): number {
  checkOptions("bitsPerDimension", options, { dimensions: true, levels: true });
  const { dimensions, levels = 1 } = options;
  for (const [name, value] of [
    ["dimensions", dimensions],
    ["levels", levels],
  ] as const) {
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new OptionError(
        `bitsPerDimension: expected ${name} to be an integer of at least 1, got ${describeValue(value)}.`,
      );
    }
  }
  return Math.log2(levels) - logProb / (dimensions * Math.LN2);
}
