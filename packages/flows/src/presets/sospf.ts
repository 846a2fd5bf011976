import { checkOptions, type OptionNames } from "@pushforward/core/extend";
import { sumOfSquares } from "@pushforward/transforms";
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

/** Options of {@link sospf}; `transforms` defaults to 3. */
export interface SospfOptions extends AutoregressiveArchitectureOptions {
  /** Number of squared polynomials. Default: 3. */
  readonly polynomials?: number;
  /** Their degree. Default: 4. */
  readonly degree?: number;
}

const OPTIONS: OptionNames<SospfOptions & Partial<MaybeConditionalOptions>> = {
  ...AUTOREGRESSIVE_OPTIONS,
  polynomials: true,
  degree: true,
};

/**
 * Sum-of-squares polynomial flow (Jaini et al. 2019, arXiv:1905.02325): autoregressive layers of integrals of sums of squared
 * polynomials on [−5, 5], continued in straight lines. A density takes one pass; a sample solves an equation for each
 * variable. Untrained, it is its base. With `context` it is a {@link ConditionalFlow}. Standardize the data first.
 *
 * Defaults: 3 transforms of 3 polynomials of degree 4, networks of (64, 64) relu units.
 *
 * @throws {OptionError} a size is not a positive integer or too large, or options contradict each other.
 * @example
 * using flow = sospf({ features: 2, key: createKey(0) });
 * const logProb = flow.logProb([[0.5, -1]]);
 */
export function sospf(options: SospfOptions & UnconditionalOptions): Flow;
export function sospf(options: SospfOptions & ConditionalOptions): ConditionalFlow;
export function sospf(options: SospfOptions & MaybeConditionalOptions): Flow | ConditionalFlow;
export function sospf(options: SospfOptions & Partial<MaybeConditionalOptions>): Flow | ConditionalFlow {
  checkOptions("sospf", options, OPTIONS);
  const { polynomials = 3, degree = 4 } = options;
  const style = {
    family: sumOfSquares({ polynomials, degree }),
    transforms: TRANSFORMS,
    orientation: "density",
  } as const;
  return assembleFlow("sospf", options, autoregressiveLayers("sospf", options, style));
}
