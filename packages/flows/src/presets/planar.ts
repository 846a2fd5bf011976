import type { Conditioner, Key } from "@pushforward/core";
import { checkOptions } from "@pushforward/core/extend";
import { Planar } from "@pushforward/transforms";
import {
  assembleFlow,
  type ConditionalOptions,
  type MaybeConditionalOptions,
  type UnconditionalOptions,
} from "../architectures/architecture.ts";
import { type AmortizedArchitectureOptions, FREE_OPTIONS, freeLayers } from "../architectures/free-layers.ts";
import type { ConditionalFlow } from "../conditional-flow.ts";
import type { Flow } from "../flow.ts";

const TRANSFORMS = 16;

/** Options of {@link planar}; `transforms` defaults to 16. */
export type PlanarFlowOptions = AmortizedArchitectureOptions;

/**
 * Planar flow (Rezende and Mohamed 2015, arXiv:1505.05770): layers that move points along one direction each. Untrained, it is its
 * base. With `context` it is a {@link ConditionalFlow}, and a network adds to the parameters of each layer.
 *
 * Defaults: 16 transforms, density in closed form; with `orientation: "sampling"` samples are, as in variational inference. Networks of
 * (64, 64) relu units where there is a context.
 *
 * @throws {OptionError} a size is not a positive integer, or an option of networks is given without a context.
 * @example
 * using flow = planar({ features: 2, key: createKey(0) });
 * const logProb = flow.logProb([[0.5, -1]]);
 */
export function planar(options: PlanarFlowOptions & UnconditionalOptions): Flow;
export function planar(options: PlanarFlowOptions & ConditionalOptions): ConditionalFlow;
export function planar(options: PlanarFlowOptions & MaybeConditionalOptions): Flow | ConditionalFlow;
export function planar(options: PlanarFlowOptions & Partial<MaybeConditionalOptions>): Flow | ConditionalFlow {
  checkOptions("planar", options, FREE_OPTIONS);
  const layer = (features: number, key: Key, conditioner?: Conditioner) =>
    new Planar({ features, key, ...(conditioner && { conditioner }) });
  const style = { transforms: TRANSFORMS, layer, shifts: 2 * options.features + 1 };
  return assembleFlow("planar", options, freeLayers("planar", options, style));
}
