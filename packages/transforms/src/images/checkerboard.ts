import type { Codec, Shape } from "@pushforward/core";
import { classCodec } from "@pushforward/core/extend";
import { AbstractPixelOrder } from "./abstract-pixel-order.ts";

/**
 * The white and the black pixels of a checkerboard as channels: `[h, w, c]` → `[h, w/2, 2c]`, `log|det| = 0`. The first c
 * channels of the result are the pixels at (i, j) with `i + j` even, the others their neighbors to the left or right.
 *
 * Between this and its inverse, a coupling whose mask takes the second half of the channels transforms the black pixels by
 * networks that see the white ones: the checkerboard mask, without the zeros that a masked image has.
 *
 * Shapes: x `[...batch, h, w, c]`, y `[...batch, h, w/2, 2c]`, log-det `[...batch]`.
 *
 * @throws {ShapeError} a value that is no image, or whose width is odd.
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
