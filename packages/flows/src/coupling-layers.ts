import type { Bijection, BijectionFamily } from "@pushforward/core";
import { type AnyContext, type ArchitectureOptions, checkCount } from "./architecture.ts";
import type { Orientation } from "./autoregressive.ts";
import { Coupling } from "./coupling.ts";
import { elementwiseLayers } from "./elementwise-layers.ts";
import { layerNetwork } from "./layer-network.ts";

/** What architectures of coupling layers take. */
export interface CouplingArchitectureOptions extends ArchitectureOptions {
  /** Which direction uses the family's forward map, `"density"` when omitted; both take one pass. */
  readonly orientation?: Orientation;
}

/**
 * Coupling layers of one family that transform the second and the first half of the variables in turn;
 * elementwise layers for a single variable.
 */
export function couplingLayers(
  where: string,
  options: CouplingArchitectureOptions & AnyContext,
  family: BijectionFamily,
  defaults: { readonly transforms: number },
): Bijection[] {
  const { features, context, transforms = defaults.transforms, orientation = "density" } = options;
  checkCount(where, "features", features);
  checkCount(where, "transforms", transforms);
  if (context !== undefined) checkCount(where, "context", context);
  if (features === 1) return elementwiseLayers(options, family, transforms, orientation);
  const half = Math.ceil(features / 2);
  return Array.from({ length: transforms }, (_, i) => {
    const mask = Array.from({ length: features }, (_, variable) => variable >= half === (i % 2 === 0));
    const transformed = mask.filter((m) => m).length;
    const conditioner = layerNetwork(options, i, {
      inputSize: features - transformed,
      outputSize: transformed * family.parameterCount,
      context: context ?? 0,
    });
    return new Coupling({ family, mask, orientation, conditioner });
  });
}
