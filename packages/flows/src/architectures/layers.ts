import { type Adjacency, type ConditionerLayout, Made, type MadeOptions, Periodic } from "@pushforward/conditioners";
import { type Bijection, type BijectionFamily, type Conditioner, type Key, OptionError } from "@pushforward/core";
import type { OptionNames } from "@pushforward/core/extend";
import { invert } from "@pushforward/transforms";
import { Autoregressive, type Orientation } from "../schemes/autoregressive.ts";
import { Coupling } from "../schemes/coupling.ts";
import {
  ARCHITECTURE_OPTIONS,
  type ArchitectureOptions,
  checkCount,
  checkLayerOptions,
  elementwiseLayers,
  type LayerOptions,
  layerNetwork,
  permuted,
} from "./architecture.ts";

/** Common options of autoregressive architectures. */
export interface AutoregressiveArchitectureOptions extends ArchitectureOptions {
  /**
   * Orders of the variables: natural and reversed in turn (`"alternate"`, the default), or drawn from the key for each
   * layer. They are orders of the masks; no variable is moved. Not with `permutation`.
   */
  readonly order?: "alternate" | "random";
  /**
   * Number of sequential steps in which a layer generates its variables, from 1 to `features` (default). Variables of
   * one step are independent. 2 is similar to coupling.
   */
  readonly passes?: number;
  /**
   * Adjacency matrix `[features][features]` without cycles: row i marks the variables that variable i may depend on in a layer.
   * Additional columns are for the context. The number of sequential steps is the length of the longest path. With several
   * layers a variable depends on its ancestors: for the conditional independences of a Bayesian network use one layer, or a
   * graph in which ancestors are parents. Not with `order`, `passes` or `permutation`.
   */
  readonly adjacency?: Adjacency;
  /** Which direction takes one pass; the default depends on the architecture. */
  readonly orientation?: Orientation;
}

/** The names of the options of all architectures of autoregressive layers. */
export const AUTOREGRESSIVE_OPTIONS: OptionNames<AutoregressiveArchitectureOptions & LayerOptions> = {
  ...ARCHITECTURE_OPTIONS,
  order: true,
  passes: true,
  adjacency: true,
  orientation: true,
};

/** Specification of the layers of an architecture. */
export interface AutoregressiveStyle {
  /** The family of all layers; if it has weights, a function that creates one per layer. */
  readonly family: BijectionFamily | ((key: Key) => BijectionFamily);
  /** Default number of layers. */
  readonly transforms: number;
  /** Default orientation. */
  readonly orientation: Orientation;
  /** The layout of the networks. Default: the layout of `Made`. */
  readonly layout?: Partial<ConditionerLayout>;
  /** Where orders alternate, the layer next to this end has the natural one. Default `"base"`. */
  readonly naturalAt?: "base" | "data";
  /** Layers for a single variable: elementwise, or autoregressive as for several. Default: `"elementwise"`. */
  readonly single?: "elementwise" | "autoregressive";
  /** The variables are angles: networks see their cosines and sines. Default: false. */
  readonly periodic?: boolean;
}

/**
 * Autoregressive layers of one family, base to data.
 *
 * @param where the name of the architecture in errors.
 * @throws {OptionError} a size is not a positive integer, or options contradict each other.
 * @example
 * const style = { family: affine(), transforms: 5, orientation: "density" } as const;
 * autoregressiveLayers("mine", { features: 2, key: createKey(0) }, style).length; // → 5
 */
export function autoregressiveLayers(
  where: string,
  options: AutoregressiveArchitectureOptions & LayerOptions,
  style: AutoregressiveStyle,
): readonly Bijection[] {
  const { features, context, transforms = style.transforms, orientation = style.orientation } = options;
  checkLayerOptions(where, options, transforms);
  checkOrders(where, options);
  const { layout = {}, periodic = false, single = "elementwise" } = style;
  if (periodic && options.adjacency !== undefined) {
    throw new OptionError(
      `${where}: expected no adjacency, because the networks see two numbers of each angle, got one.`,
    );
  }
  const familyOf = (layer: number): BijectionFamily =>
    typeof style.family === "function"
      ? style.family(options.key.fold(`layers.${layer}`).fold("family"))
      : style.family;
  // Elementwise layers read all of the context.
  if (features === 1 && single === "elementwise" && options.adjacency === undefined) {
    return elementwiseLayers(options, { familyOf, layout, transforms, orientation });
  }
  const layers = Array.from({ length: transforms }, (_, i) => {
    const family = familyOf(i);
    // Orders that alternate are counted from one end.
    const order = orderOf(options, i, style.naturalAt === "data" ? transforms - 1 - i : i);
    const made = new Made({
      ...(options.adjacency
        ? { features, outputsPerVariable: family.parameterCount, adjacency: options.adjacency }
        : sizesOf(features, family.parameterCount, order, periodic)),
      layout,
      key: options.key.fold(`layers.${i}`),
      ...(context !== undefined && { context }),
      ...(options.hidden && { hidden: options.hidden }),
      ...(options.residual !== undefined && { residual: options.residual }),
      ...(options.activation && { activation: options.activation }),
      ...(options.dropout !== undefined && { dropout: options.dropout }),
    });
    const conditioner = periodic
      ? new Periodic({ conditioner: made, outputsPerVariable: family.parameterCount })
      : made;
    return new Autoregressive({ conditioner, family, orientation });
  });
  return permuted(options, layers);
}

/** The sizes of a network; a network of angles has two inputs per angle. */
function sizesOf(
  features: number,
  outputsPerVariable: number,
  order: readonly number[],
  isPeriodic: boolean,
): Pick<MadeOptions, "features" | "outputsPerVariable" | "order"> {
  if (!isPeriodic) return { features, outputsPerVariable, order };
  return {
    features: 2 * features,
    outputsPerVariable: Math.ceil(outputsPerVariable / 2),
    order: order.flatMap((rank) => [rank, rank]),
  };
}

function checkOrders(where: string, options: AutoregressiveArchitectureOptions): void {
  const { order, permutation, passes, adjacency, features } = options;
  if (adjacency !== undefined) {
    const other = Object.entries({ order, permutation, passes }).find(([, value]) => value !== undefined);
    if (other === undefined) return;
    throw new OptionError(
      `${where}: expected adjacency or ${other[0]}, got both. The order of the variables follows from the adjacency.`,
    );
  }
  if (order !== undefined && order !== "alternate" && order !== "random") {
    throw new OptionError(`${where}: expected order to be "alternate" or "random", got ${JSON.stringify(order)}.`);
  }
  if (order !== undefined && permutation !== undefined) {
    throw new OptionError(
      `${where}: expected an order or a permutation, got both. A permutation moves the variables between the layers, and ` +
        "their masks take them as they come.",
    );
  }
  if (passes === undefined) return;
  checkCount(where, "passes", passes);
  if (passes > features) {
    throw new OptionError(`${where}: expected passes of at most ${features}, one for each variable, got ${passes}.`);
  }
}

/**
 * The ranks of the variables in a layer, at most `passes` distinct ranks; with alternating orders, the ranks of this
 * layer.
 */
function orderOf(
  { features, key, order, permutation, passes = features }: AutoregressiveArchitectureOptions,
  layer: number,
  turn: number,
): number[] {
  const perPass = Math.ceil(features / passes);
  const steps = (ranks: ArrayLike<number>): number[] => Array.from(ranks, (rank) => Math.floor(rank / perPass));
  if (order === "random") return steps(key.fold(`layers.${layer}`).fold("order").permutation(features));
  const isReversed = permutation === undefined && turn % 2 === 1;
  return steps(Array.from({ length: features }, (_, i) => (isReversed ? features - 1 - i : i)));
}

/** Common options of coupling architectures. */
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
 * Variables that the layers transform alternately: second and first half, or odd and even indices, counted from the
 * layer at the data.
 */
export type CouplingMasks = "halves" | "even-first" | "odd-first";

/** Specification of the layers of an architecture. */
export interface CouplingStyle {
  readonly family: BijectionFamily;
  /** Default number of layers. */
  readonly transforms: number;
  readonly masks: CouplingMasks;
  /** The layout of the networks. Default: the layout of `Mlp` and `ResidualMlp`. */
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

/** Common options of architectures without conditioners. */
export interface FreeArchitectureOptions
  extends Pick<ArchitectureOptions, "features" | "key" | "transforms" | "permutation" | "base" | "standardize"> {
  /** Which direction is in closed form. Default: `"density"`. */
  readonly orientation?: Orientation;
}

/** Common options of architectures with networks only for a context. */
export interface AmortizedArchitectureOptions
  extends FreeArchitectureOptions,
    Pick<ArchitectureOptions, "hidden" | "residual" | "activation" | "dropout"> {}

/** The names of the options of all architectures of layers without conditioners; {@link freeLayers} refuses some of networks. */
export const FREE_OPTIONS: OptionNames<AmortizedArchitectureOptions & LayerOptions> = {
  ...ARCHITECTURE_OPTIONS,
  orientation: true,
};

/** Settings specific to an architecture with free layers. */
export interface FreeStyle {
  /** Default number of layers. */
  readonly transforms: number;
  /** A layer with a closed-form forward direction; `conditioner` adds to its parameters if a context is given. */
  readonly layer: (features: number, key: Key, conditioner?: Conditioner) => Bijection;
  /** A network that adds to the parameters of a layer for a context. Default: none. */
  readonly shifts?: number;
  /** Which options of networks they have. Default: all where a network adds to the parameters, and else none. */
  readonly takes?: readonly NetworkOption[];
}

/** Options of networks, which most of these layers do not have. */
const OF_NETWORKS = ["hidden", "residual", "activation", "dropout", "context"] as const;

/** An option of networks. */
type NetworkOption = (typeof OF_NETWORKS)[number];

/**
 * Layers without conditioners that read variables, base to data. Each layer is oriented so that its closed form is in
 * the requested direction.
 *
 * @param where the name of the architecture in errors.
 * @throws {OptionError} a size is not a positive integer, or a network option is given for layers without networks.
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
