import { OptionError } from "@pushforward/core";
import { checkOptions, describeValue } from "@pushforward/core/extend";
import { checkFeatures } from "../check-features.ts";
import { BoxConstraint } from "../elementwise/box-constraint.ts";

/** Options of {@link logitTransform}. */
export interface LogitTransformOptions {
  /** Channels of the image, or features of a vector. */
  readonly channels: number;
  /** How far the ends of [0, 1] are from those of the logistic function, above 0 and below ½. Default: 0.05. */
  readonly alpha?: number;
}

/**
 * The end of a flow of pixels in [0, 1]: forward is `x = (σ(u) − α)/(1 − 2α)`, so that the flow sees the logits
 * `u = logit(α + (1 − 2α)·x)`, and its density is that of x. Samples may be outside of [0, 1] by `α/(1 − 2α)`. It is a
 * {@link BoxConstraint} of sharpness 0.
 *
 * Shapes: u and x `[...batch, channels]`, height and width being batch axes or those of a longer event.
 *
 * @throws {OptionError} `alpha` is not between 0 and ½, or `channels` is not an integer of at least 1.
 * @see Dinh et al. 2017, Density estimation using Real NVP, https://arxiv.org/abs/1605.08803
 * @example
 * const pixels = logitTransform({ channels: 1 });
 * pixels.inverse(tf.tensor1d([0])); // → [-2.944]
 */
export function logitTransform(options: LogitTransformOptions): BoxConstraint {
  checkOptions("logitTransform", options, { channels: true, alpha: true });
  const { channels, alpha = 0.05 } = options;
  checkFeatures("logitTransform", channels, "channels");
  if (!(alpha > 0 && alpha < 0.5)) {
    throw new OptionError(`logitTransform: expected alpha above 0 and below 0.5, got ${describeValue(alpha)}.`);
  }
  const margin = alpha / (1 - 2 * alpha);
  const [low, high] = [-margin, 1 + margin].map((end) => new Array<number>(channels).fill(end));
  return new BoxConstraint({ low: low as number[], high: high as number[], sharpness: 0 });
}
