import type { BijectionFamily } from "@pushforward/core";
import type { AnyContext, ArchitectureOptions } from "./architecture.ts";
import type { Orientation } from "./autoregressive.ts";
import { Elementwise } from "./elementwise.ts";
import { layerNetwork } from "./layer-network.ts";

/**
 * The layers of an architecture for a single variable, which has no other to depend on: parameters learned directly or
 * computed from the context. zuko draws the former.
 */
export function elementwiseLayers(
  options: ArchitectureOptions & AnyContext,
  family: BijectionFamily,
  transforms: number,
  orientation: Orientation,
): Elementwise[] {
  const { features, context } = options;
  return Array.from({ length: transforms }, (_, i) => {
    if (context === undefined) {
      const key = options.convention === "zuko" && { key: options.key.fold(`layers.${i}`) };
      return new Elementwise({ family, features, orientation, ...key });
    }
    const sizes = { inputSize: context, outputSize: features * family.parameterCount, context: 0 };
    return new Elementwise({ family, features, orientation, conditioner: layerNetwork(options, i, sizes) });
  });
}
