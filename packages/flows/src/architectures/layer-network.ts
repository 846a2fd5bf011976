import { type ConditionerLayout, Mlp, ResidualMlp } from "@pushforward/conditioners";
import type { Conditioner } from "@pushforward/core";
import type { ArchitectureOptions } from "./architecture.ts";

/** Sizes of the network of a layer. */
export interface LayerNetworkSizes {
  readonly inputSize: number;
  readonly outputSize: number;
  readonly context: number;
}

/** The unmasked network of a layer, by the options of the architecture. */
export function layerNetwork(
  { hidden, activation, dropout, residual, key }: ArchitectureOptions,
  layout: Partial<ConditionerLayout>,
  layer: number,
  sizes: LayerNetworkSizes,
): Conditioner {
  const networkOptions = {
    ...sizes,
    key: key.fold(`layers.${layer}`),
    layout,
    ...(hidden && { hidden }),
    ...(activation && { activation }),
    ...(dropout !== undefined && { dropout }),
  };
  return residual ? new ResidualMlp(networkOptions) : new Mlp(networkOptions);
}
