import { type Key, OptionError } from "@pushforward/core";
import { checkOptions } from "@pushforward/core/extend";
import { BlockAutoregressive } from "@pushforward/transforms";
import {
  type ArchitectureOptions,
  assembleFlow,
  type ConditionalOptions,
  type LayerOptions,
  type MaybeConditionalOptions,
  type UnconditionalOptions,
} from "../architectures/architecture.ts";
import { FREE_OPTIONS, type FreeArchitectureOptions, freeLayers } from "../architectures/free-layers.ts";
import type { ConditionalFlow } from "../conditional-flow.ts";
import type { Flow } from "../flow.ts";

const TRANSFORMS = 2;

/** Options of {@link bnaf}; `transforms` defaults to 2, `permutation` to `"reverse"`. */
export interface BnafOptions
  extends FreeArchitectureOptions,
    // "tanh" is the only activation.
    Pick<ArchitectureOptions, "activation"> {
  /** Units of each variable in each hidden layer. Default: `[8, 8]`. */
  readonly hidden?: readonly number[];
}

/**
 * Block neural autoregressive flow (De Cao et al. 2019, arXiv:1904.04676): each layer is one network that rises in each
 * variable, with weight matrices in blocks. A density takes one pass; a sample solves an equation for each variable. Untrained,
 * it is nearly its base. With `context` it is a {@link ConditionalFlow}.
 *
 * Defaults: 2 transforms of 8 and 8 tanh units for each variable, with the variables reversed between them.
 *
 * @throws {OptionError} a size is not a positive integer, or an option is given that its networks do not have.
 * @example
 * using flow = bnaf({ features: 2, key: createKey(0) });
 * const logProb = flow.logProb([[0.5, -1]]);
 */
export function bnaf(options: BnafOptions & UnconditionalOptions): Flow;
export function bnaf(options: BnafOptions & ConditionalOptions): ConditionalFlow;
export function bnaf(options: BnafOptions & MaybeConditionalOptions): Flow | ConditionalFlow;
export function bnaf(options: BnafOptions & Partial<MaybeConditionalOptions>): Flow | ConditionalFlow {
  checkOptions("bnaf", options, FREE_OPTIONS);
  const { context, hidden, activation = "tanh", permutation = "reverse" } = options;
  if (activation !== "tanh") {
    throw new OptionError(`bnaf: expected activation to be "tanh", got ${JSON.stringify(activation)}.`);
  }
  const layer = (features: number, key: Key) =>
    new BlockAutoregressive({
      features,
      key,
      ...(context !== undefined && { context }),
      ...(hidden !== undefined && { hidden }),
    });
  const given: LayerOptions & FreeArchitectureOptions = { ...options, permutation };
  const style = { transforms: TRANSFORMS, layer, takes: ["hidden", "activation", "context"] } as const;
  return assembleFlow("bnaf", options, freeLayers("bnaf", given, style));
}
