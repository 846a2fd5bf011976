import { type ConditionerLayout, Mlp, ResidualMlp } from "@pushforward/conditioners";
import {
  type Activation,
  type Bijection,
  type BijectionFamily,
  type Conditioner,
  type Distribution,
  type Key,
  OptionError,
} from "@pushforward/core";
import { checkOptions, describeValue, type OptionNames } from "@pushforward/core/extend";
import { StandardNormal } from "@pushforward/distributions";
import { ConstantAffine, chain, invert, Permutation } from "@pushforward/transforms";
import { ConditionalFlow } from "../conditional-flow.ts";
import { Flow } from "../flow.ts";
import type { Orientation } from "../schemes/autoregressive.ts";
import { Elementwise } from "../schemes/elementwise.ts";

/** Means and standard deviations of columns, in float64. A column is `(x − mean) / sd` inside the model. */
export interface Standardization {
  readonly mean: ArrayLike<number>;
  readonly sd: ArrayLike<number>;
}

/** Common options of all named architectures. */
export interface ArchitectureOptions {
  /** Number of variables. */
  readonly features: number;
  /** Key that draws the initial weights. */
  readonly key: Key;
  /**
   * Layers that reverse the variables, or permute by the key, on the data side of each layer; the masks then keep the order of
   * the variables.
   */
  readonly permutation?: "reverse" | "random";
  /** Number of layers. */
  readonly transforms?: number;
  /** Widths of the hidden layers of each network. Default: `[64, 64]`. */
  readonly hidden?: readonly number[];
  /** Residual blocks instead of plain layers: one for each entry of `hidden` after the first. Default: false. */
  readonly residual?: boolean;
  /** The activation. Default: `"relu"`. */
  readonly activation?: Activation;
  /** The share of the hidden activations that each step of training drops, from 0 to below 1. Default: 0. */
  readonly dropout?: number;
  /** The base. Default: a standard normal. */
  readonly base?: Distribution;
  /** Makes the units of the data part of the model: densities and samples are in these units. */
  readonly standardize?: Standardization;
}

/** Without a context: makes a `Flow`. */
export interface UnconditionalOptions {
  readonly context?: undefined;
  readonly standardizeContext?: undefined;
}

/** With a context: makes a `ConditionalFlow`. */
export interface ConditionalOptions {
  /** Number of context columns. */
  readonly context: number;
  /** Makes the units of the context part of the model: contexts are given in these units. */
  readonly standardizeContext?: Standardization;
}

/** With a context or without, known at run time only. */
export interface MaybeConditionalOptions {
  readonly context: number | undefined;
  readonly standardizeContext?: Standardization | undefined;
}

/** The names of the options that all architectures share. */
export const ARCHITECTURE_OPTIONS: OptionNames<LayerOptions> = {
  features: true,
  key: true,
  permutation: true,
  transforms: true,
  hidden: true,
  residual: true,
  activation: true,
  dropout: true,
  base: true,
  standardize: true,
  context: true,
  standardizeContext: true,
};

/** The options of an architecture, with a context or without. */
export type LayerOptions = ArchitectureOptions & Partial<MaybeConditionalOptions>;

/**
 * A flow of these layers, base to data, by the options that all architectures share.
 *
 * @param where the name of the architecture in errors.
 * @throws {OptionError} a standardization with the wrong number of columns, or a context standardization without a context.
 * @example
 * const options = { features: 4, key: createKey(0) };
 * const layers = couplingLayers("mine", options, { family: additive(), transforms: 4, masks: "halves" });
 * using mine = assembleFlow("mine", options, layers);
 * mine.transform.forward(tf.zeros([5, 4])); // → shape [5, 4]
 */
export function assembleFlow(
  where: string,
  options: LayerOptions,
  layers: readonly Bijection[],
): Flow | ConditionalFlow {
  const { features, context, standardize, standardizeContext } = options;
  const base = options.base ?? new StandardNormal({ features });
  const transform = chain([...layers, ...(standardize ? [columns(where, "standardize", features, standardize)] : [])]);
  if (context === undefined) {
    if (standardizeContext !== undefined) {
      throw new OptionError(`${where}: expected standardizeContext only with a context, got it without one.`);
    }
    return new Flow(base, transform);
  }
  if (standardizeContext === undefined) return new ConditionalFlow(base, transform);
  const contextTransform = invert(columns(where, "standardizeContext", context, standardizeContext));
  return new ConditionalFlow(base, transform, { contextTransform });
}

/** A function that makes flows of an architecture: with a `context` a {@link ConditionalFlow}, without one a {@link Flow}. */
export interface Preset<Options> {
  (options: Options & UnconditionalOptions): Flow;
  (options: Options & ConditionalOptions): ConditionalFlow;
  (options: Options & MaybeConditionalOptions): Flow | ConditionalFlow;
}

/**
 * Defines a named architecture: checks the names of its options, makes the layers and assembles the flow.
 *
 * @param where its name, in errors.
 * @param names the names of its options.
 * @param layers makes the layers, base to data.
 * @param defaults the features and the base if the options omit these. Default: a standard normal base.
 * @example
 * const mine = preset<CouplingArchitectureOptions>("mine", COUPLING_OPTIONS, (options, where) =>
 *   couplingLayers(where, options, { family: additive(), transforms: 4, masks: "halves" }),
 * );
 * using flow = mine({ features: 4, key: createKey(0) });
 */
export function preset<Options extends Omit<ArchitectureOptions, "features">>(
  where: string,
  names: OptionNames<NoInfer<Options> & Partial<MaybeConditionalOptions>>,
  layers: (options: Options & LayerOptions, where: string) => readonly Bijection[],
  defaults?: (options: Options) => Partial<Pick<ArchitectureOptions, "features" | "base">>,
): Preset<Options> {
  const make = (options: Options & LayerOptions): Flow | ConditionalFlow => {
    checkOptions(where, options, names);
    const all = { ...options, ...defaults?.(options) };
    return assembleFlow(where, all, layers(all, where));
  };
  // A context decides which kind of flow it is.
  return make as Preset<Options>;
}

/** Of variables, layers or channels: the masks and orders of more would not fit into memory. */
const MAX_COUNT = 2 ** 20;

/** Checks a count that an architecture takes. */
export function checkCount(where: string, what: string, count: number): void {
  if (!Number.isSafeInteger(count) || count < 1) {
    throw new OptionError(`${where}: expected ${what} to be an integer of at least 1, got ${describeValue(count)}.`);
  }
  if (count > MAX_COUNT) {
    throw new OptionError(`${where}: expected ${what} to be at most ${MAX_COUNT}, got ${count}.`);
  }
}

/** Checks the common layer options of all architectures. */
export function checkLayerOptions(
  where: string,
  { features, context, permutation }: LayerOptions,
  transforms: number,
): void {
  checkCount(where, "features", features);
  checkCount(where, "transforms", transforms);
  if (context !== undefined) checkCount(where, "context", context);
  if (permutation !== undefined && permutation !== "reverse" && permutation !== "random") {
    throw new OptionError(
      `${where}: expected permutation to be "reverse" or "random", got ${JSON.stringify(permutation)}.`,
    );
  }
}

/** Layers with a permutation on the data side of each, by the option; a single variable needs none. */
export function permuted(options: ArchitectureOptions, layers: readonly Bijection[]): readonly Bijection[] {
  const { permutation, features, key } = options;
  if (permutation === undefined || features === 1) return layers;
  return layers.flatMap((layer, i) => {
    const order =
      permutation === "random"
        ? key.fold(`layers.${i}`).fold("permutation").permutation(features)
        : Int32Array.from({ length: features }, (_, variable) => features - 1 - variable);
    return [layer, new Permutation({ order })];
  });
}

/** Sizes of the network of a layer. */
interface LayerNetworkSizes {
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

/** Settings of elementwise layers. */
interface ElementwiseStyle {
  readonly familyOf: (layer: number) => BijectionFamily;
  readonly layout: Partial<ConditionerLayout>;
  readonly transforms: number;
  readonly orientation: Orientation;
}

/**
 * The layers of an architecture for a single variable, which has no other to depend on: parameters computed from the
 * context, or learned directly, which start as the last layers of networks do.
 */
export function elementwiseLayers(
  options: LayerOptions,
  { familyOf, layout, transforms, orientation }: ElementwiseStyle,
): Elementwise[] {
  const { features, context } = options;
  return Array.from({ length: transforms }, (_, i) => {
    const family = familyOf(i);
    if (context === undefined) {
      const key = layout.start === "uniform" && { key: options.key.fold(`layers.${i}`) };
      return new Elementwise({ family, features, orientation, ...key });
    }
    const sizes = { inputSize: context, outputSize: features * family.parameterCount, context: 0 };
    return new Elementwise({ family, features, orientation, conditioner: layerNetwork(options, layout, i, sizes) });
  });
}

function columns(where: string, option: string, count: number, { mean, sd }: Standardization): ConstantAffine {
  if (mean.length !== count || sd.length !== count) {
    throw new OptionError(
      `${where}: expected ${option} with ${count} means and sds, got ${mean.length} and ${sd.length}.`,
    );
  }
  return new ConstantAffine({ shift: mean, scale: sd });
}
