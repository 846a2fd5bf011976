import type { ConditionerLayout } from "@pushforward/conditioners";
import type { Bijection, BijectionFamily } from "@pushforward/core";
import type { OptionNames } from "@pushforward/core/extend";
import type { Orientation } from "../schemes/autoregressive.ts";
import { Coupling } from "../schemes/coupling.ts";
import {
  ARCHITECTURE_OPTIONS,
  type ArchitectureOptions,
  checkLayerOptions,
  elementwiseLayers,
  type LayerOptions,
  layerNetwork,
  permuted,
} from "./architecture.ts";

/** What architectures of coupling layers take. */
export interface CouplingArchitectureOptions extends ArchitectureOptions {
  /** Which direction uses the family's forward map; both take one pass. Default: `"density"`. */
  readonly orientation?: Orientation;
}

/** The names of the options of all architectures of coupling layers. */
export const COUPLING_OPTIONS: OptionNames<CouplingArchitectureOptions & LayerOptions> = {
  ...ARCHITECTURE_OPTIONS,
  orientation: true,
};

/**
 * Which variables the layers transform in turn: the second and the first half, or those of even and odd places. Places in
 * turn are counted from the layer at the data.
 */
export type CouplingMasks = "halves" | "even-first" | "odd-first";

/** What makes the layers of an architecture its own. */
export interface CouplingStyle {
  readonly family: BijectionFamily;
  /** Default number of layers. */
  readonly transforms: number;
  readonly masks: CouplingMasks;
  /** The layout of the networks. Default: that of `Mlp` and `ResidualMlp`. */
  readonly layout?: Partial<ConditionerLayout>;
}

/**
 * Coupling layers of one family, base to data; elementwise layers for a single variable.
 *
 * @param where the name of the architecture in errors.
 * @throws {OptionError} a size is not a positive integer, or an option is unknown.
 * @example
 * const style = { family: affine(), transforms: 6, masks: "even-first" } as const;
 * couplingLayers("mine", { features: 4, key: createKey(0) }, style).length; // → 6
 */
export function couplingLayers(
  where: string,
  options: CouplingArchitectureOptions & LayerOptions,
  { family, masks, layout = {}, ...style }: CouplingStyle,
): readonly Bijection[] {
  const { features, context, transforms = style.transforms, orientation = "density" } = options;
  checkLayerOptions(where, options, transforms);
  if (features === 1) return elementwiseLayers(options, { familyOf: () => family, layout, transforms, orientation });
  const layers = Array.from({ length: transforms }, (_, i) => {
    const mask = maskOf(masks, features, transforms, i);
    const transformed = mask.filter((m) => m).length;
    const conditioner = layerNetwork(options, layout, i, {
      inputSize: features - transformed,
      outputSize: transformed * family.parameterCount,
      context: context ?? 0,
    });
    return new Coupling({ family, mask, orientation, conditioner });
  });
  return permuted(options, layers);
}

function maskOf(masks: CouplingMasks, features: number, transforms: number, layer: number): boolean[] {
  const half = Math.ceil(features / 2);
  const first = (transforms - 1 - layer + (masks === "even-first" ? 0 : 1)) % 2;
  return Array.from({ length: features }, (_, variable) =>
    masks === "halves" ? variable >= half === (layer % 2 === 0) : variable % 2 === first,
  );
}
