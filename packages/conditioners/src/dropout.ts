import { type Key, OptionError } from "@pushforward/core";
import { currentTraining, describeValue } from "@pushforward/core/extend";
import type { NetworkDropout } from "@pushforward/ops";
import type { DenseLayer } from "./dense-layers.ts";

/** Checks the share of activations that training drops. */
export function checkDropout(where: string, rate: number): void {
  if (rate >= 0 && rate < 1) return;
  throw new OptionError(`${where}: expected dropout of at least 0 and below 1, got ${describeValue(rate)}.`);
}

/** What the step of training that runs drops in a network, as an option of it; nothing outside of one. */
export function currentDropout(rate: number, layers: readonly DenseLayer[]): { readonly dropout?: NetworkDropout } {
  const training = rate > 0 ? currentTraining() : undefined;
  if (training === undefined) return {};
  const keyOf = (i: number): Key | undefined => {
    const layer = layers[i] as DenseLayer;
    return layer.drops ? training.keyOf(layer.weight) : undefined;
  };
  return { dropout: { rate, keyOf } };
}
