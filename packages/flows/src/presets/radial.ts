import type { Conditioner, Key } from "@pushforward/core";
import { checkOptions } from "@pushforward/core/extend";
import { Radial } from "@pushforward/transforms";
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

/** Options of {@link radial}; `transforms` defaults to 16. */
export type RadialFlowOptions = AmortizedArchitectureOptions;

/**
 * Radial flow (Rezende and Mohamed 2015, arXiv:1505.05770): layers that pull points to a center each, or push them away. Untrained, it is its
 * base. With `context` it is a {@link ConditionalFlow}, and a network adds to the parameters of each layer.
 *
 * Defaults: 16 transforms, density in closed form; with `orientation: "sampling"` samples are, as in variational inference. Networks of
 * (64, 64) relu units where there is a context.
 *
 * @throws {OptionError} a size is not a positive integer, or an option of networks is given without a context.
 * @example
 * using flow = radial({ features: 2, key: createKey(0) });
 * const logProb = flow.logProb([[0.5, -1]]);
 */
export function radial(options: RadialFlowOptions & UnconditionalOptions): Flow;
export function radial(options: RadialFlowOptions & ConditionalOptions): ConditionalFlow;
export function radial(options: RadialFlowOptions & MaybeConditionalOptions): Flow | ConditionalFlow;
export function radial(options: RadialFlowOptions & Partial<MaybeConditionalOptions>): Flow | ConditionalFlow {
  checkOptions("radial", options, FREE_OPTIONS);
  const layer = (features: number, key: Key, conditioner?: Conditioner) =>
    new Radial({ features, key, ...(conditioner && { conditioner }) });
  const style = { transforms: TRANSFORMS, layer, shifts: options.features + 2 };
  return assembleFlow("radial", options, freeLayers("radial", options, style));
}
