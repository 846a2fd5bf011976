import { checkOptions, type OptionNames } from "@pushforward/core/extend";
import { bernstein } from "@pushforward/transforms";
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

/** Options of {@link bpf}; `transforms` defaults to 3. */
export interface BpfOptions extends AutoregressiveArchitectureOptions {
  /** Degree of the polynomials, 6 to 128. Default: 16. */
  readonly degree?: number;
}

const OPTIONS: OptionNames<BpfOptions & Partial<MaybeConditionalOptions>> = {
  ...AUTOREGRESSIVE_OPTIONS,
  degree: true,
};

/**
 * Bernstein polynomial flow (Sick et al. 2020, arXiv:2004.00464; Ramasinghe et al. 2022, arXiv:2102.03509): autoregressive layers of
 * Bernstein polynomials on [−5, 5], continued in straight lines whose slopes are learned. A density takes one pass; a
 * sample solves an equation for each variable. Untrained, it is its base. With `context` it is a {@link ConditionalFlow}.
 * Standardize the data first.
 *
 * Defaults: 3 transforms of degree 16, networks of (64, 64) relu units.
 *
 * @throws {OptionError} a size is not a positive integer, the degree not from 6 to 128, or options contradict each other.
 * @example
 * using flow = bpf({ features: 2, key: createKey(0) });
 * const logProb = flow.logProb([[0.5, -1]]);
 */
export function bpf(options: BpfOptions & UnconditionalOptions): Flow;
export function bpf(options: BpfOptions & ConditionalOptions): ConditionalFlow;
export function bpf(options: BpfOptions & MaybeConditionalOptions): Flow | ConditionalFlow;
export function bpf(options: BpfOptions & Partial<MaybeConditionalOptions>): Flow | ConditionalFlow {
  checkOptions("bpf", options, OPTIONS);
  const family = bernstein({ degree: options.degree ?? 16, tails: "linear" });
  const style = { family, transforms: TRANSFORMS, orientation: "density" } as const;
  return assembleFlow("bpf", options, autoregressiveLayers("bpf", options, style));
}
