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

/** Options of {@link iaf}; `transforms` defaults to 5. */
export type IafOptions = AutoregressiveArchitectureOptions;

/**
 * Inverse autoregressive flow (Kingma et al. 2016, arXiv:1606.04934): a `maf` the other way round, so that a sample
 * takes one pass and a density runs variable by variable. Untrained, it is its base. With `context` it is a
 * {@link ConditionalFlow}.
 *
 * Defaults: 5 transforms, networks of (64, 64) relu units.
 *
 * @throws {OptionError} a size is not a positive integer.
 * @example
 * using flow = iaf({ features: 2, key: createKey(0) });
 * const [x, logProb] = flow.sampleAndLogProb(createKey(1), [256]);
 */
export function iaf(options: IafOptions & UnconditionalOptions): Flow;
export function iaf(options: IafOptions & ConditionalOptions): ConditionalFlow;
export function iaf(options: IafOptions & MaybeConditionalOptions): Flow | ConditionalFlow;
export function iaf(options: IafOptions & Partial<MaybeConditionalOptions>): Flow | ConditionalFlow {
  checkOptions("iaf", options, AUTOREGRESSIVE_OPTIONS);
  const style = { family: affine(), transforms: TRANSFORMS, orientation: "sampling" } as const;
  return assembleFlow("iaf", options, autoregressiveLayers("iaf", options, style));
}
