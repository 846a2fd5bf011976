import { type Bijection, type Codec, type Key, OptionError, type Shape } from "@pushforward/core";
import { checkOptions, classCodec, describeValue, field } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";
import { checkFeatures } from "../check-features.ts";
import { chain } from "../combinators/chain.ts";
import { concatenate } from "../combinators/concatenate.ts";
import { Identity, type Independent, independent, invert } from "../combinators/independent.ts";
import { BoxConstraint } from "../elementwise/box-constraint.ts";
import { pluLinear } from "../linear/decompositions.ts";
import { AbstractRearrangement, inverseOrder, permute } from "../linear/permutation.ts";

/** Base class of image rearrangements that permute pixels and stack neighbors as channels. */
abstract class AbstractPixelOrder extends AbstractRearrangement {
  protected constructor(label: string) {
    super(label, 3, 3);
  }

  /** `order[i]` is the row-major index of the pixel at position i. */
  protected abstract order(height: number, width: number): number[];

  protected rearrange(x: tf.Tensor, from: Shape, to: Shape): tf.Tensor {
    const [height, width, channels] = from as [number, number, number];
    const order = this.order(height, width);
    const pixels = tf.reshape(x, [-1, height * width, channels]);
    return tf.reshape(permute(pixels, 1, order, inverseOrder(order)), [-1, ...to]);
  }

  protected restore(y: tf.Tensor, _from: Shape, to: Shape): tf.Tensor {
    const [height, width, channels] = to as [number, number, number];
    const order = this.order(height, width);
    const pixels = tf.reshape(y, [-1, height * width, channels]);
    return tf.reshape(permute(pixels, 1, inverseOrder(order), order), [-1, ...to]);
  }
}

/**
 * The white and the black pixels of a checkerboard as channels: `[h, w, c]` → `[h, w/2, 2c]`, `log|det| = 0`. The first
 * c channels of the result are the pixels at (i, j) with `i + j` even, the remaining channels their horizontal
 * neighbors.
 *
 * Between this map and its inverse, a coupling of the second half of the channels transforms the black pixels by
 * networks of the white ones: the checkerboard mask, without the zeros of a masked image.
 *
 * Shapes: x `[...batch, h, w, c]`, y `[...batch, h, w/2, 2c]`, log-det `[...batch]`.
 *
 * @throws {ShapeError} a value is not an image, or has an odd width.
 * @see Dinh et al. 2017, Density estimation using Real NVP, https://arxiv.org/abs/1605.08803
 * @example
 * const coupling = new Coupling({
 *   mask: [false, true],
 *   conditioner: new ConvNet({ inputSize: 1, outputSize: 2, key: createKey(0) }),
 *   family: affine(),
 * });
 * const layer = chain([new Checkerboard(), coupling, invert(new Checkerboard())]);
 * layer.forward(tf.zeros([5, 28, 28, 1])); // → shape [5, 28, 28, 1]
 */
export class Checkerboard extends AbstractPixelOrder {
  constructor() {
    super("Checkerboard");
  }

  protected shapeAfter([height, width, channels]: Shape): Shape | undefined {
    if ((width as number) % 2 !== 0) return undefined;
    return [height as number, (width as number) / 2, 2 * (channels as number)];
  }

  protected shapeBefore([height, width, channels]: Shape): Shape | undefined {
    if ((channels as number) % 2 !== 0) return undefined;
    return [height as number, 2 * (width as number), (channels as number) / 2];
  }

  protected expected(isForward: boolean): string {
    return `an image [height, width, channels] with an even ${isForward ? "width" : "number of channels"}`;
  }

  protected order(height: number, width: number): number[] {
    return Array.from({ length: height * width }, (_, place) => {
      const row = Math.floor(place / width);
      // In odd rows the white pixel is the second of its pair.
      return row % 2 === 0 ? place : place + (place % 2 === 0 ? 1 : -1);
    });
  }
}

/** Codec of {@link Checkerboard}. */
export const checkerboardCodec: Codec<Checkerboard> = classCodec("pushforward/checkerboard", Checkerboard, {});

/** Options of {@link Squeeze}. */
export interface SqueezeOptions {
  /** Pixels on a side of a block. Default: 2. */
  readonly factor?: number;
}

/**
 * Blocks of pixels as channels (space to depth): `[h, w, c]` → `[h/f, w/f, f²·c]`, `log|det| = 0`. The channels of a block are
 * ordered by pixel, row-major: `y[i, j, (a·f + b)·c + k] = x[i·f + a, j·f + b, k]`.
 *
 * A flow maps base to data, so `invert(new Squeeze())` is the first image operation.
 *
 * Shapes: x `[...batch, h, w, c]`, y `[...batch, h/f, w/f, f²·c]`, log-det `[...batch]`.
 *
 * @throws {OptionError} `factor` is not an integer of at least 1.
 * @throws {ShapeError} a value is not an image, or its height or width is not divisible by the factor.
 * @see Dinh et al. 2017, Density estimation using Real NVP, https://arxiv.org/abs/1605.08803
 * @example
 * new Squeeze().forward(tf.zeros([5, 28, 28, 1])); // → shape [5, 14, 14, 4]
 */
export class Squeeze extends AbstractPixelOrder {
  readonly factor: number;

  constructor(options: SqueezeOptions = {}) {
    checkOptions("Squeeze", options, { factor: true });
    const { factor = 2 } = options;
    super("Squeeze");
    this.factor = checkFeatures("Squeeze", factor, "factor");
  }

  protected shapeAfter([height, width, channels]: Shape): Shape | undefined {
    const [rows, columns] = [(height as number) / this.factor, (width as number) / this.factor];
    if (!Number.isInteger(rows) || !Number.isInteger(columns)) return undefined;
    return [rows, columns, (channels as number) * this.factor ** 2];
  }

  protected shapeBefore([rows, columns, channels]: Shape): Shape | undefined {
    const before = (channels as number) / this.factor ** 2;
    if (!Number.isInteger(before)) return undefined;
    return [(rows as number) * this.factor, (columns as number) * this.factor, before];
  }

  protected expected(isForward: boolean): string {
    return isForward
      ? `an image [height, width, channels] whose height and width ${this.factor} divides`
      : `an image [height, width, channels] whose number of channels ${this.factor ** 2} divides`;
  }

  protected order(height: number, width: number): number[] {
    const f = this.factor;
    const inBlock = f * f;
    return Array.from({ length: height * width }, (_, place) => {
      const [block, at] = [Math.floor(place / inBlock), place % inBlock];
      const [i, j] = [Math.floor(block / (width / f)), block % (width / f)];
      return (i * f + Math.floor(at / f)) * width + j * f + (at % f);
    });
  }
}

/** Codec of {@link Squeeze}. */
export const squeezeCodec: Codec<Squeeze> = classCodec("pushforward/squeeze", Squeeze, { factor: field.count() });

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
 * @throws {ShapeError} wrong number of channels.
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

/** Options of {@link logitTransform}. */
export interface LogitTransformOptions {
  /** Channels of the image, or features of a vector. */
  readonly channels: number;
  /** Distance of the bounds of [0, 1] from the bounds of the logistic function, above 0 and below ½. Default: 0.05. */
  readonly alpha?: number;
}

/**
 * The final map of a flow of pixels in [0, 1]: forward is `x = (σ(u) − α)/(1 − 2α)`, so that the flow sees the logits
 * `u = logit(α + (1 − 2α)·x)`, and its density is the density of x. Samples may be outside of [0, 1] by `α/(1 − 2α)`.
 * It is a {@link BoxConstraint} of sharpness 0.
 *
 * Shapes: u and x `[...batch, channels]`; height and width are batch axes or axes of a longer event.
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

/** Options of {@link multiScale}. */
export interface MultiScaleOptions {
  /** Channels of the image. */
  readonly channels: number;
  /**
   * The bijection of each level, starting with the level at the data. The bijection of level l, counted from 0, has
   * events `[h/2^(l+1), w/2^(l+1), 2^(l+2)·channels]`.
   */
  readonly levels: readonly Bijection[];
}

/**
 * The multi-scale architecture: towards the base, each level squeezes blocks of 2 × 2 pixels into channels, transforms these,
 * and factors out half of the channels; the next level receives the remaining half. Half of the numbers of an image pass one
 * level, a quarter two, and so on.
 *
 * Latents keep the positions of the factored channels, so the base has the shape of the image: the split is a {@link
 * concatenate} of the next level and the identity. To learn the factored half given the remaining half, start a level with a
 * coupling.
 *
 * Shapes: u and x `[...batch, h, w, channels]`, h and w divisible by 2 to the number of levels, log-det `[...batch]`.
 *
 * @throws {OptionError} no levels, or a number of channels that is not a positive integer.
 * @throws {ShapeError} an image of a wrong shape, or a level with a wrong event shape.
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
