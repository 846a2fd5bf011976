import type { Codec, Shape } from "@pushforward/core";
import { checkOptions, classCodec, field } from "@pushforward/core/extend";
import { checkFeatures } from "../check-features.ts";
import { AbstractPixelOrder } from "./abstract-pixel-order.ts";

/** Options of {@link Squeeze}. */
export interface SqueezeOptions {
  /** Pixels on a side of a block. Default: 2. */
  readonly factor?: number;
}

/**
 * Blocks of pixels as channels (space to depth): `[h, w, c]` → `[h/f, w/f, f²·c]`, `log|det| = 0`. The channels of a block
 * stand one pixel after the other, by rows: `y[i, j, (a·f + b)·c + k] = x[i·f + a, j·f + b, k]`.
 *
 * A flow goes from the base to the data: it undoes what `invert(new Squeeze())` did first.
 *
 * Shapes: x `[...batch, h, w, c]`, y `[...batch, h/f, w/f, f²·c]`, log-det `[...batch]`.
 *
 * @throws {OptionError} `factor` is not an integer of at least 1.
 * @throws {ShapeError} a value that is no image, or whose height or width the factor does not divide.
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
