import type { NetworkConvention } from "@pushforward/conditioners";
import type { Activation } from "@pushforward/core";
import { type Bijection, type Distribution, type Key, OptionError } from "@pushforward/core";
import { StandardNormal } from "@pushforward/distributions";
import { ConstantAffine, chain, invert, Permutation } from "@pushforward/transforms";
import { ConditionalFlow } from "./conditional-flow.ts";
import { Flow } from "./flow.ts";

/** Means and standard deviations of columns, in float64. A column is `(x − mean) / sd` inside the model. */
export interface Standardization {
  readonly mean: ArrayLike<number>;
  readonly sd: ArrayLike<number>;
}

/** What all named architectures take. */
export interface ArchitectureOptions {
  /** Number of variables. */
  readonly features: number;
  /** Where the initial weights come from. */
  readonly key: Key;
  /**
   * Whose layers these are: ours, or those of zuko or nflows, with their networks, initial values and formulas of the
   * families, so that weights of theirs give the same function. Layers are counted from the data, as there. `"pushforward"`
   * when omitted.
   */
  readonly convention?: NetworkConvention;
  /**
   * Layers that reverse the variables, or put them in an order drawn from the key, on the data side of each layer; the
   * masks then take the variables as they come. With the convention of nflows an autoregressive architecture reverses them
   * when this is omitted.
   */
  readonly permutation?: "reverse" | "random";
  /** Number of layers. */
  readonly transforms?: number;
  /** Widths of the hidden layers of each network; `[64, 64]` when omitted, `[50, 50, 50]` with the convention of nflows. */
  readonly hidden?: readonly number[];
  /**
   * Residual blocks instead of plain layers: one for each entry of `hidden` after the first (in masked networks of zuko, for
   * each entry). False when omitted, but true with the convention of nflows.
   */
  readonly residual?: boolean;
  /** `"relu"` when omitted. */
  readonly activation?: Activation;
  /** The share of the hidden activations that each step of training drops, from 0 to below 1; 0 when omitted. */
  readonly dropout?: number;
  /** The base; a standard normal when omitted. */
  readonly base?: Distribution;
  /** Makes the units of the data part of the model: densities and samples are in these units. */
  readonly standardize?: Standardization;
}

/** Without a context: makes a `Flow`. */
export interface Unconditional {
  readonly context?: undefined;
  readonly standardizeContext?: undefined;
}

/** With a context: makes a `ConditionalFlow`. */
export interface Conditional {
  /** Number of context columns. */
  readonly context: number;
  /** Makes the units of the context part of the model: contexts are given in these units. */
  readonly standardizeContext?: Standardization;
}

/** With a context or without, known at run time only. */
export interface MaybeConditional {
  readonly context: number | undefined;
  readonly standardizeContext?: Standardization | undefined;
}

/** What all of these have in common. */
export type AnyContext = Partial<MaybeConditional>;

/** A flow of these layers (base → data) by the options that all architectures share. */
export function assemble(
  where: string,
  options: ArchitectureOptions & AnyContext,
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

/** Checks a count that an architecture takes. */
export function checkCount(where: string, what: string, count: number): void {
  if (!Number.isSafeInteger(count) || count < 1) {
    throw new OptionError(`${where}: expected ${what} to be an integer of at least 1, got ${count}.`);
  }
}

/** The options with what a convention has where nothing is said, checked. */
export function withConvention<T extends ArchitectureOptions>(
  where: string,
  options: T,
): T & { readonly convention: NetworkConvention } {
  const { convention = "pushforward", permutation } = options;
  if (!CONVENTIONS.includes(convention)) {
    throw new OptionError(
      `${where}: expected convention to be "pushforward", "zuko" or "nflows", got ${JSON.stringify(convention)}.`,
    );
  }
  if (permutation !== undefined && permutation !== "reverse" && permutation !== "random") {
    throw new OptionError(
      `${where}: expected permutation to be "reverse" or "random", got ${JSON.stringify(permutation)}.`,
    );
  }
  if (convention !== "nflows") return { ...options, convention };
  const { hidden = [50, 50, 50], residual = true } = options;
  return { ...options, convention, hidden, residual };
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

const CONVENTIONS: readonly NetworkConvention[] = ["pushforward", "zuko", "nflows"];

function columns(where: string, option: string, count: number, { mean, sd }: Standardization): ConstantAffine {
  if (mean.length !== count || sd.length !== count) {
    throw new OptionError(
      `${where}: expected ${option} with ${count} means and sds, got ${mean.length} and ${sd.length}.`,
    );
  }
  return new ConstantAffine({ shift: mean, scale: sd });
}
