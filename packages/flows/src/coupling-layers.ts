import type { NetworkConvention } from "@pushforward/conditioners";
import type { Bijection, BijectionFamily } from "@pushforward/core";
import { type AnyContext, type ArchitectureOptions, checkCount, permuted } from "./architecture.ts";
import type { Orientation } from "./autoregressive.ts";
import { Coupling } from "./coupling.ts";
import { elementwiseLayers } from "./elementwise-layers.ts";
import { layerNetwork } from "./layer-network.ts";

/** What architectures of coupling layers take. */
export interface CouplingArchitectureOptions extends ArchitectureOptions {
  /** Which direction uses the family's forward map, `"density"` when omitted; both take one pass. */
  readonly orientation?: Orientation;
}

/** Which variables the layers transform in turn: the second and the first half, or those of even and odd places. */
export type CouplingMasks = "halves" | "even-first" | "odd-first";

/** Coupling layers of one family, base to data; elementwise layers for a single variable. */
export function couplingLayers(
  where: string,
  options: CouplingArchitectureOptions & AnyContext & { readonly convention: NetworkConvention },
  family: BijectionFamily,
  defaults: { readonly transforms: number; readonly masks: CouplingMasks },
): readonly Bijection[] {
  const { features, context, transforms = defaults.transforms, orientation = "density" } = options;
  checkCount(where, "features", features);
  checkCount(where, "transforms", transforms);
  if (context !== undefined) checkCount(where, "context", context);
  if (features === 1) return elementwiseLayers(options, family, transforms, orientation);
  const layers = Array.from({ length: transforms }, (_, i) => {
    const mask = maskOf(defaults.masks, features, transforms, i);
    const transformed = mask.filter((m) => m).length;
    const conditioner = layerNetwork(options, i, {
      inputSize: features - transformed,
      outputSize: transformed * family.parameterCount,
      context: context ?? 0,
    });
    return new Coupling({ family, mask, orientation, conditioner });
  });
  return permuted(options, layers);
}

/** Places in turn are counted from the layer at the data, as in the libraries. */
function maskOf(masks: CouplingMasks, features: number, transforms: number, layer: number): boolean[] {
  const half = Math.ceil(features / 2);
  const first = (transforms - 1 - layer + (masks === "even-first" ? 0 : 1)) % 2;
  return Array.from({ length: features }, (_, variable) =>
    masks === "halves" ? variable >= half === (layer % 2 === 0) : variable % 2 === first,
  );
}
