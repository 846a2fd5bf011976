import type { DropoutKernels } from "../families/dropout.ts";
import { dropoutValues } from "../families/dropout.ts";

/** The masks of dropout in TypeScript. */
export const scalarDropout: DropoutKernels = {
  dropoutMask(k0, k1, firstBlock, rate, out) {
    const { limit, kept } = dropoutValues(rate);
    const words = new Uint32Array(2);
    for (let i = 0; i < out.length; i++) {
      if (i % 4 === 0) threefryBlock(k0, k1, firstBlock + (i >> 2), words);
      const word = words[(i >> 1) % 2] as number;
      out[i] = (i % 2 === 0 ? word & 0xffff : word >>> 16) < limit ? 0 : kept;
    }
  },
};

/** The two words of the block (counter, 0) of a key: threefry2x32 with 20 rounds (Salmon et al. 2011). */
function threefryBlock(k0: number, k1: number, counter: number, words: Uint32Array): void {
  let [next, afterNext, last] = [k1, k0 ^ k1 ^ 0x1bd11bda, k0];
  let x = (counter + k0) | 0;
  let y = k1;
  for (let group = 1; group <= 5; group++) {
    const isOdd = group % 2 === 1;
    x = (x + y) | 0;
    y = rotated(y, isOdd ? 13 : 17) ^ x;
    x = (x + y) | 0;
    y = rotated(y, isOdd ? 15 : 29) ^ x;
    x = (x + y) | 0;
    y = rotated(y, isOdd ? 26 : 16) ^ x;
    x = (x + y) | 0;
    y = rotated(y, isOdd ? 6 : 24) ^ x;
    x = (x + next) | 0;
    y = (y + afterNext + group) | 0;
    [next, afterNext, last] = [afterNext, last, next];
  }
  words[0] = x;
  words[1] = y;
}

function rotated(word: number, by: number): number {
  return (word << by) | (word >>> (32 - by));
}
