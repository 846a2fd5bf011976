import type { Key } from "@pushforward/core";

/** Which activations of a network are dropped in a step of training (Srivastava et al. 2014). */
export interface NetworkDropout {
  /** The share that becomes zero; the others are multiplied by `1/(1 − rate)`. */
  readonly rate: number;
  /** The key of what is dropped behind a layer; undefined: nothing is. */
  readonly keyOf: (layer: number) => Key | undefined;
}

/**
 * Whether dropout takes activations behind a layer: in a feed-forward network all that are hidden, in a residual one those
 * inside of the blocks. The stream of a residual network stays whole.
 */
export function dropsBehind(layer: number, layers: number, isResidual: boolean): boolean {
  return layer < layers - 1 && (!isResidual || layer % 2 === 1);
}

/** What activations are multiplied by: 0 where a uniform draw of the key is below the rate, else `1/(1 − rate)`. */
export function dropoutMask(key: Key, rate: number, count: number): Float32Array {
  const kept = 1 / (1 - rate);
  return key.uniform(count).map((u) => (u < rate ? 0 : kept));
}
