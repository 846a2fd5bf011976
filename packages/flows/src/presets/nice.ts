import { checkOptions } from "@pushforward/core/extend";
import { AffineElementwise, additive } from "@pushforward/transforms";
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

const TRANSFORMS = 4;

/**
 * NICE (Dinh et al. 2014, arXiv:1410.8516): additive coupling layers that shift the second and the first half of the
 * variables in turn and keep volumes, and a learned scale and shift of each variable on the base side. Both directions take
 * one pass. Untrained, it is its base. With `context` it is a {@link ConditionalFlow}.
 *
 * Defaults: 4 transforms, networks of (64, 64) relu units.
 *
 * @throws {OptionError} a size is not a positive integer.
 * @example
 * using flow = nice({ features: 4, key: createKey(0) });
 * const x = flow.sample(createKey(1), [1000]);
 */
export function nice(options: CouplingArchitectureOptions & UnconditionalOptions): Flow;
export function nice(options: CouplingArchitectureOptions & ConditionalOptions): ConditionalFlow;
export function nice(options: CouplingArchitectureOptions & MaybeConditionalOptions): Flow | ConditionalFlow;
export function nice(options: CouplingArchitectureOptions & Partial<MaybeConditionalOptions>): Flow | ConditionalFlow {
  checkOptions("nice", options, COUPLING_OPTIONS);
  const layers = couplingLayers("nice", options, { family: additive(), transforms: TRANSFORMS, masks: "halves" });
  return assembleFlow("nice", options, [new AffineElementwise({ features: options.features }), ...layers]);
}
