import type { Key } from "@pushforward/core";
import { Sylvester } from "@pushforward/transforms";
import { assembleFlow } from "./architecture.ts";
import type { Flow } from "./flow.ts";
import { type FreeArchitectureOptions, freeLayers } from "./free-layers.ts";

const TRANSFORMS = 8;

/** Options of {@link sylvester}; `transforms` defaults to 8. */
export interface SylvesterFlowOptions extends FreeArchitectureOptions {
  /** Directions of each layer, at most `features`. Default: the smaller of `features` and 8. */
  readonly directions?: number;
}

/**
 * Sylvester flow (van den Berg et al. 2018, arXiv:1803.05649): layers that move points along several directions at once. Untrained, it is its base. Without context.
 *
 * Defaults: 8 transforms, density in closed form; with `orientation: "sampling"` samples are, as in variational inference.
 *
 * @throws {OptionError} a size is not a positive integer, or an option of networks or a context is given.
 * @example
 * using flow = sylvester({ features: 2, key: createKey(0) });
 * const logProb = flow.logProb([[0.5, -1]]);
 */
export function sylvester(options: SylvesterFlowOptions): Flow {
  const { directions } = options;
  const layer = (features: number, key: Key) =>
    new Sylvester({ features, key, ...(directions !== undefined && { directions }) });
  return assembleFlow(
    "sylvester",
    options,
    freeLayers("sylvester", options, { transforms: TRANSFORMS, layer }),
  ) as Flow;
}
