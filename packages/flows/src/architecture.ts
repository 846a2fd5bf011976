import { type Bijection, type Distribution, type Key, OptionError } from "@pushforward/core";
import { StandardNormal } from "@pushforward/distributions";
import type { Activation } from "@pushforward/ops";
import { ConstantAffine, chain, invert } from "@pushforward/transforms";
import { ConditionalFlow } from "./conditional-flow.ts";
import { Flow } from "./flow.ts";

/** Means and standard deviations of columns, in float64. A column is `(x − mean) / sd` inside the model. */
export interface Standardisation {
  readonly mean: ArrayLike<number>;
  readonly sd: ArrayLike<number>;
}

/** What all named architectures take. */
export interface ArchitectureOptions {
  /** Number of variables. */
  readonly features: number;
  /** Where the initial weights come from. */
  readonly key: Key;
  /** Number of layers. */
  readonly transforms?: number;
  /** Widths of the hidden layers of each network; `[64, 64]` when omitted. */
  readonly hidden?: readonly number[];
  /** Residual blocks instead of plain layers: one for each entry of `hidden` after the first. */
  readonly residual?: boolean;
  /** `"relu"` when omitted. */
  readonly activation?: Activation;
  /** The share of the hidden activations that each step of training drops, from 0 to below 1; 0 when omitted. */
  readonly dropout?: number;
  /** The base; a standard normal when omitted. */
  readonly base?: Distribution;
  /** Makes the units of the data part of the model: densities and samples are in these units. */
  readonly standardise?: Standardisation;
}

/** Without a context: makes a `Flow`. */
export interface Unconditional {
  readonly context?: undefined;
  readonly standardiseContext?: undefined;
}

/** With a context: makes a `ConditionalFlow`. */
export interface Conditional {
  /** Number of context columns. */
  readonly context: number;
  /** Makes the units of the context part of the model: contexts are given in these units. */
  readonly standardiseContext?: Standardisation;
}

/** With a context or without, known at run time only. */
export interface MaybeConditional {
  readonly context: number | undefined;
  readonly standardiseContext?: Standardisation | undefined;
}

/** What all of these have in common. */
export type AnyContext = Partial<MaybeConditional>;

/** A flow of these layers (base → data) by the options that all architectures share. */
export function assemble(
  where: string,
  options: ArchitectureOptions & AnyContext,
  layers: readonly Bijection[],
): Flow | ConditionalFlow {
  const { features, context, standardise, standardiseContext } = options;
  const base = options.base ?? new StandardNormal({ features });
  const transform = chain([...layers, ...(standardise ? [columns(where, "standardise", features, standardise)] : [])]);
  if (context === undefined) {
    if (standardiseContext !== undefined) {
      throw new OptionError(`${where}: expected standardiseContext only with a context, got it without one.`);
    }
    return new Flow(base, transform);
  }
  if (standardiseContext === undefined) return new ConditionalFlow(base, transform);
  const contextTransform = invert(columns(where, "standardiseContext", context, standardiseContext));
  return new ConditionalFlow(base, transform, { contextTransform });
}

/** Checks a count that an architecture takes. */
export function checkCount(where: string, what: string, count: number): void {
  if (!Number.isSafeInteger(count) || count < 1) {
    throw new OptionError(`${where}: expected ${what} to be an integer of at least 1, got ${count}.`);
  }
}

function columns(where: string, option: string, count: number, { mean, sd }: Standardisation): ConstantAffine {
  if (mean.length !== count || sd.length !== count) {
    throw new OptionError(
      `${where}: expected ${option} with ${count} means and sds, got ${mean.length} and ${sd.length}.`,
    );
  }
  return new ConstantAffine({ shift: mean, scale: sd });
}
