import { checkOptions } from "@pushforward/core/extend";
import { affine } from "@pushforward/transforms";
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

const TRANSFORMS = 5;

/** Options of {@link maf}; `transforms` defaults to 5. */
export type MafOptions = AutoregressiveArchitectureOptions;

/**
 * Masked autoregressive flow (Papamakarios et al. 2017, arXiv:1705.07057): autoregressive layers of affine maps, orders
 * natural and reversed in turn. Untrained, it is its base. With `context` it is a {@link ConditionalFlow}.
 *
 * Defaults: 5 transforms, networks of (64, 64) relu units, density in one pass.
 *
 * @throws {OptionError} a size is not a positive integer, or options contradict each other.
 * @example
 * using flow = maf({ features: 2, key: createKey(0) });
 * const logProb = flow.logProb([[0.5, -1]]);
 */
export function maf(options: MafOptions & UnconditionalOptions): Flow;
export function maf(options: MafOptions & ConditionalOptions): ConditionalFlow;
export function maf(options: MafOptions & MaybeConditionalOptions): Flow | ConditionalFlow;
export function maf(options: MafOptions & Partial<MaybeConditionalOptions>): Flow | ConditionalFlow {
  checkOptions("maf", options, AUTOREGRESSIVE_OPTIONS);
  const style = { family: affine(), transforms: TRANSFORMS, orientation: "density" } as const;
  return assembleFlow("maf", options, autoregressiveLayers("maf", options, style));
}
