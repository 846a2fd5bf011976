import { affine } from "@pushforward/transforms";
import {
  type AnyContext,
  assemble,
  type Conditional,
  type MaybeConditional,
  type Unconditional,
} from "./architecture.ts";
import { type AutoregressiveArchitectureOptions, autoregressiveLayers } from "./autoregressive-layers.ts";
import type { ConditionalFlow } from "./conditional-flow.ts";
import type { Flow } from "./flow.ts";

/** Options of {@link maf}; `transforms` is 5 when omitted. */
export type MafOptions = AutoregressiveArchitectureOptions;

/**
 * Masked autoregressive flow (Papamakarios et al. 2017, arXiv:1705.07057): autoregressive layers of affine maps, orders
 * natural and reversed in turn. Untrained, it is its base. With `context` it is a {@link ConditionalFlow}.
 *
 * Defaults: 5 transforms, networks of (64, 64) relu units, density in one pass.
 *
 * @throws {OptionError} a size is not a positive integer.
 * @example
 * using flow = maf({ features: 2, key: createKey(0) });
 * const logProb = flow.logProb([[0.5, -1]]);
 */
export function maf(options: MafOptions & Unconditional): Flow;
export function maf(options: MafOptions & Conditional): ConditionalFlow;
export function maf(options: MafOptions & MaybeConditional): Flow | ConditionalFlow;
export function maf(options: MafOptions & AnyContext): Flow | ConditionalFlow {
  const layers = autoregressiveLayers("maf", options, affine(), { transforms: 5, orientation: "density" });
  return assemble("maf", options, layers);
}
