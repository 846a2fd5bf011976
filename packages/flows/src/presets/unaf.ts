import { checkOptions, type OptionNames } from "@pushforward/core/extend";
import { monotoneIntegral } from "@pushforward/transforms";
import {
  assembleFlow,
  type ConditionalOptions,
  type MaybeConditionalOptions,
  type UnconditionalOptions,
} from "../architectures/architecture.ts";
import {
  AUTOREGRESSIVE_OPTIONS,
  type AutoregressiveArchitectureOptions,
  autoregressiveLayers,
} from "../architectures/autoregressive-layers.ts";
import type { ConditionalFlow } from "../conditional-flow.ts";
import type { Flow } from "../flow.ts";

const TRANSFORMS = 3;
const SIGNAL = 8;
const INTEGRAND = [32, 32] as const;

/** Options of {@link unaf}; `transforms` defaults to 3. */
export interface UnafOptions extends AutoregressiveArchitectureOptions {
  /** How many numbers the integrand of a variable takes from the variables before it and the context. Default: 8. */
  readonly signal?: number;
  /** Widths of the hidden layers of the integrand of each variable. Default: `[32, 32]`. */
  readonly integrand?: readonly number[];
  /** Beyond ±bound the map of a variable is linear. Default: 8. */
  readonly bound?: number;
}

const OPTIONS: OptionNames<UnafOptions & Partial<MaybeConditionalOptions>> = {
  ...AUTOREGRESSIVE_OPTIONS,
  signal: true,
  integrand: true,
  bound: true,
};

/**
 * Unconstrained neural autoregressive flow (Wehenkel and Louppe 2019, arXiv:1908.05164): autoregressive layers whose maps are
 * integrals of positive networks. A density takes one pass, with 33 values of each integrand; a sample solves an equation for
 * each variable. Untrained, it is its base. With `context` it is a {@link ConditionalFlow}.
 *
 * Defaults: 3 transforms, signals of 8 numbers, integrands of (32, 32) tanh units, networks of (64, 64) relu units.
 *
 * @throws {OptionError} a size is not a positive integer, or options contradict each other.
 * @example
 * using flow = unaf({ features: 2, key: createKey(0) });
 * const logProb = flow.logProb([[0.5, -1]]);
 */
export function unaf(options: UnafOptions & UnconditionalOptions): Flow;
export function unaf(options: UnafOptions & ConditionalOptions): ConditionalFlow;
export function unaf(options: UnafOptions & MaybeConditionalOptions): Flow | ConditionalFlow;
export function unaf(options: UnafOptions & Partial<MaybeConditionalOptions>): Flow | ConditionalFlow {
  checkOptions("unaf", options, OPTIONS);
  const { features, signal = SIGNAL, integrand = INTEGRAND, bound } = options;
  const layers = autoregressiveLayers("unaf", options, {
    family: (key) =>
      monotoneIntegral({ variables: features, signal, hidden: integrand, key, ...(bound !== undefined && { bound }) }),
    transforms: TRANSFORMS,
    orientation: "density",
  });
  return assembleFlow("unaf", options, layers);
}
