import type { Conditioner, Key } from "@pushforward/core";
import { checkOptions, type OptionNames } from "@pushforward/core/extend";
import { Sylvester } from "@pushforward/transforms";
import {
  assembleFlow,
  type ConditionalOptions,
  type MaybeConditionalOptions,
  type UnconditionalOptions,
} from "../architectures/architecture.ts";
import { type AmortizedArchitectureOptions, FREE_OPTIONS, freeLayers } from "../architectures/free-layers.ts";
import type { ConditionalFlow } from "../conditional-flow.ts";
import type { Flow } from "../flow.ts";

const TRANSFORMS = 8;
const DIRECTIONS = 8;

/** Options of {@link sylvester}; `transforms` defaults to 8. */
export interface SylvesterFlowOptions extends AmortizedArchitectureOptions {
  /** Directions of each layer, at most `features`. Default: the smaller of `features` and 8. */
  readonly directions?: number;
}

const OPTIONS: OptionNames<SylvesterFlowOptions & Partial<MaybeConditionalOptions>> = {
  ...FREE_OPTIONS,
  directions: true,
};

/**
 * Sylvester flow (van den Berg et al. 2018, arXiv:1803.05649): layers that move points along several directions at once. Untrained, it is its
 * base. With `context` it is a {@link ConditionalFlow}, and a network adds to the parameters of each layer.
 *
 * Defaults: 8 transforms, density in closed form; with `orientation: "sampling"` samples are, as in variational inference. Networks of
 * (64, 64) relu units where there is a context.
 *
 * @throws {OptionError} a size is not a positive integer, or an option of networks is given without a context.
 * @example
 * using flow = sylvester({ features: 2, key: createKey(0) });
 * const logProb = flow.logProb([[0.5, -1]]);
 */
export function sylvester(options: SylvesterFlowOptions & UnconditionalOptions): Flow;
export function sylvester(options: SylvesterFlowOptions & ConditionalOptions): ConditionalFlow;
export function sylvester(options: SylvesterFlowOptions & MaybeConditionalOptions): Flow | ConditionalFlow;
export function sylvester(options: SylvesterFlowOptions & Partial<MaybeConditionalOptions>): Flow | ConditionalFlow {
  checkOptions("sylvester", options, OPTIONS);
  const { features: n, directions = Math.min(n, DIRECTIONS) } = options;
  const layer = (features: number, key: Key, conditioner?: Conditioner) =>
    new Sylvester({ features, directions, key, ...(conditioner && { conditioner }) });
  const style = { transforms: TRANSFORMS, layer, shifts: 2 * directions ** 2 + directions };
  return assembleFlow("sylvester", options, freeLayers("sylvester", options, style));
}
