import { checkOptions } from "@pushforward/core/extend";
import { affine } from "@pushforward/transforms";
import {
  assembleFlow,
  type ConditionalOptions,
  type MaybeConditionalOptions,
  type UnconditionalOptions,
} from "../architectures/architecture.ts";
import {
  COUPLING_OPTIONS,
  type CouplingArchitectureOptions,
  couplingLayers,
} from "../architectures/coupling-layers.ts";
import type { ConditionalFlow } from "../conditional-flow.ts";
import type { Flow } from "../flow.ts";

const TRANSFORMS = 6;

/** Options of {@link realNvp}; `transforms` defaults to 6. */
export type RealNvpOptions = CouplingArchitectureOptions;

/**
 * RealNVP (Dinh et al. 2017, arXiv:1605.08803): affine coupling layers that transform the second and the first half of
 * the variables in turn; both directions take one pass. Untrained, it is its base. With `context` it is a
 * {@link ConditionalFlow}.
 *
 * Defaults: 6 transforms, networks of (64, 64) relu units.
 *
 * @throws {OptionError} a size is not a positive integer.
 * @example
 * using flow = realNvp({ features: 4, key: createKey(0) });
 * const x = flow.sample(createKey(1), [1000]);
 */
export function realNvp(options: RealNvpOptions & UnconditionalOptions): Flow;
export function realNvp(options: RealNvpOptions & ConditionalOptions): ConditionalFlow;
export function realNvp(options: RealNvpOptions & MaybeConditionalOptions): Flow | ConditionalFlow;
export function realNvp(options: RealNvpOptions & Partial<MaybeConditionalOptions>): Flow | ConditionalFlow {
  checkOptions("realNvp", options, COUPLING_OPTIONS);
  const layers = couplingLayers("realNvp", options, { family: affine(), transforms: TRANSFORMS, masks: "halves" });
  return assembleFlow("realNvp", options, layers);
}
