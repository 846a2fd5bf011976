import type { Key } from "@pushforward/core";
import type { NetworkLayerForm } from "@pushforward/core/extend";

/** Which activations of a network are dropped in a step of training (Srivastava et al. 2014). */
export interface NetworkDropout {
  /** The share that becomes zero, rounded to a multiple of 2⁻¹⁶; the others are multiplied by `1/(1 − rate)`. */
  readonly rate: number;
  /** The key of what is dropped behind a layer; undefined: nothing is. */
  readonly keyOf: (layer: number) => Key | undefined;
}

/**
 * Whether dropout takes activations behind a layer: in a feed-forward network all that are hidden, in a residual one those
 * inside of the blocks. The stream of a residual network stays whole.
 */
export function dropsBehind(layer: number, layers: readonly NetworkLayerForm[]): boolean {
  const isResidual = layers.some(({ adds }) => adds === true);
  return layer < layers.length - 1 && (!isResidual || layers[layer + 1]?.adds === true);
}

/**
 * What activations are multiplied by: 0 where 16 bits of the key are below the rate, and `1/(1 − rate)` elsewhere. A word
 * is for two of them, its lower half for the first. The kernel of the same name gives the same numbers.
 */
export function dropoutMask(key: Key, rate: number, count: number): Float32Array {
  const limit = Math.min(Math.round(rate * 2 ** 16), 2 ** 16 - 1);
  const kept = 2 ** 16 / (2 ** 16 - limit);
  const words = key.bits((count + 1) >> 1);
  return new Float32Array(count).map((_, i) => {
    const word = words[i >> 1] as number;
    return (i % 2 === 0 ? word & 0xffff : word >>> 16) < limit ? 0 : kept;
  });
}
