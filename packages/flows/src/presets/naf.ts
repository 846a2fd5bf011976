import { checkOptions, type OptionNames } from "@pushforward/core/extend";
import { deepSigmoid } from "@pushforward/transforms";
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
const UNITS = 8;

/** Options of {@link naf}; `transforms` defaults to 3. */
export interface NafOptions extends AutoregressiveArchitectureOptions {
  /** Sigmoids of the monotone network of each variable. Default: 8. */
  readonly units?: number;
}

const OPTIONS: OptionNames<NafOptions & Partial<MaybeConditionalOptions>> = {
  ...AUTOREGRESSIVE_OPTIONS,
  units: true,
};

/**
 * Neural autoregressive flow (Huang et al. 2018, arXiv:1804.00779): autoregressive layers of monotone networks of sigmoids. A
 * density takes one pass; a sample solves an equation for each variable. Untrained, it is nearly its base. With `context` it is
 * a {@link ConditionalFlow}.
 *
 * Defaults: 3 transforms of 8 sigmoids, networks of (64, 64) relu units.
 *
 * @throws {OptionError} a size is not a positive integer, or options contradict each other.
 * @example
 * using flow = naf({ features: 2, key: createKey(0) });
 * const logProb = flow.logProb([[0.5, -1]]);
 */
export function naf(options: NafOptions & UnconditionalOptions): Flow;
export function naf(options: NafOptions & ConditionalOptions): ConditionalFlow;
export function naf(options: NafOptions & MaybeConditionalOptions): Flow | ConditionalFlow;
export function naf(options: NafOptions & Partial<MaybeConditionalOptions>): Flow | ConditionalFlow {
  checkOptions("naf", options, OPTIONS);
  const family = deepSigmoid({ units: options.units ?? UNITS });
  const style = { family, transforms: TRANSFORMS, orientation: "density" } as const;
  return assembleFlow("naf", options, autoregressiveLayers("naf", options, style));
}
