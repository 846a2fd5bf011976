import type { Key } from "@pushforward/core";
import { Radial } from "@pushforward/transforms";
import { assembleFlow } from "./architecture.ts";
import type { Flow } from "./flow.ts";
import { type FreeArchitectureOptions, freeLayers } from "./free-layers.ts";

const TRANSFORMS = 16;

/** Options of {@link radial}; `transforms` defaults to 16. */
export type RadialFlowOptions = FreeArchitectureOptions;

/**
 * Radial flow (Rezende and Mohamed 2015, arXiv:1505.05770): layers that pull points to a center each, or push them away. Untrained, it is its base. Without context.
 *
 * Defaults: 16 transforms, density in closed form; with `orientation: "sampling"` samples are, as in variational inference.
 *
 * @throws {OptionError} a size is not a positive integer, or an option of networks or a context is given.
 * @example
 * using flow = radial({ features: 2, key: createKey(0) });
 * const logProb = flow.logProb([[0.5, -1]]);
 */
export function radial(options: RadialFlowOptions): Flow {
  const layer = (features: number, key: Key) => new Radial({ features, key });
  return assembleFlow("radial", options, freeLayers("radial", options, { transforms: TRANSFORMS, layer })) as Flow;
}
