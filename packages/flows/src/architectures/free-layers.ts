import { type Bijection, type Conditioner, type Key, OptionError } from "@pushforward/core";
import type { OptionNames } from "@pushforward/core/extend";
import { invert } from "@pushforward/transforms";
import type { Orientation } from "../schemes/autoregressive.ts";
import {
  ARCHITECTURE_OPTIONS,
  type ArchitectureOptions,
  checkLayerOptions,
  type LayerOptions,
  layerNetwork,
  permuted,
} from "./architecture.ts";

/** What architectures of layers without conditioners take. */
export interface FreeArchitectureOptions
  extends Pick<ArchitectureOptions, "features" | "key" | "transforms" | "permutation" | "base" | "standardize"> {
  /** Which direction is in closed form. Default: `"density"`. */
  readonly orientation?: Orientation;
}

/** What architectures take whose layers have networks only where there is a context. */
export interface AmortizedArchitectureOptions
  extends FreeArchitectureOptions,
    Pick<ArchitectureOptions, "hidden" | "residual" | "activation" | "dropout"> {}

/** The names of the options of all architectures of layers without conditioners; {@link freeLayers} refuses some of networks. */
export const FREE_OPTIONS: OptionNames<AmortizedArchitectureOptions & LayerOptions> = {
  ...ARCHITECTURE_OPTIONS,
  orientation: true,
};

/** What makes the layers of an architecture its own. */
export interface FreeStyle {
  /** Default number of layers. */
  readonly transforms: number;
  /** A layer whose forward direction is in closed form; `conditioner` is what adds to its parameters where there is a context. */
  readonly layer: (features: number, key: Key, conditioner?: Conditioner) => Bijection;
  /** Numbers that a network adds to the parameters of a layer where there is a context. Default: a layer has no such network. */
  readonly shifts?: number;
  /** Which options of networks they have. Default: all where a network adds to the parameters, and else none. */
  readonly takes?: readonly NetworkOption[];
}

/** Options of networks, which most of these layers do not have. */
const OF_NETWORKS = ["hidden", "residual", "activation", "dropout", "context"] as const;

/** An option of networks. */
type NetworkOption = (typeof OF_NETWORKS)[number];

/**
 * Layers without conditioners that read variables, base to data, each on the side on which its closed form is asked for.
 *
 * @param where the name of the architecture in errors.
 * @throws {OptionError} a size is not a positive integer, or an option of networks is given that they do not have.
 * @example
 * const style = { transforms: 4, layer: (features: number, key: Key) => new Planar({ features, key }) };
 * freeLayers("mine", { features: 2, key: createKey(0) }, style).length; // → 4
 */
export function freeLayers(
  where: string,
  options: FreeArchitectureOptions & LayerOptions,
  style: FreeStyle,
): readonly Bijection[] {
  const { features, context, key, transforms = style.transforms, orientation = "density" } = options;
  checkLayerOptions(where, options, transforms);
  const { shifts } = style;
  const { takes = shifts === undefined || context === undefined ? [] : OF_NETWORKS } = style;
  const other = OF_NETWORKS.find((name) => options[name] !== undefined && !takes.includes(name));
  if (other !== undefined) {
    throw new OptionError(`${where}: expected no ${other}, which its layers do not have, got one.`);
  }
  if (orientation !== "density" && orientation !== "sampling") {
    throw new OptionError(
      `${where}: expected orientation to be "density" or "sampling", got ${JSON.stringify(orientation)}.`,
    );
  }
  const layers = Array.from({ length: transforms }, (_, i) => {
    const sizes = { inputSize: context ?? 0, outputSize: shifts ?? 0, context: 0 };
    const conditioner = shifts === undefined || context === undefined ? undefined : layerNetwork(options, {}, i, sizes);
    const layer = style.layer(features, key.fold(`layers.${i}`), conditioner);
    return orientation === "density" ? invert(layer) : layer;
  });
  return permuted(options, layers);
}
