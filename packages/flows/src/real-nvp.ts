import { affine } from "@pushforward/transforms";
import {
  type AnyContext,
  assemble,
  type Conditional,
  type MaybeConditional,
  type Unconditional,
  withConvention,
} from "./architecture.ts";
import type { ArchitectureInfo } from "./architecture-info.ts";
import type { ConditionalFlow } from "./conditional-flow.ts";
import { type CouplingArchitectureOptions, couplingLayers } from "./coupling-layers.ts";
import type { Flow } from "./flow.ts";

const TRANSFORMS = 6;

/** Options of {@link realNvp}; `transforms` is 6 when omitted. */
export type RealNvpOptions = CouplingArchitectureOptions;

/**
 * RealNVP (Dinh et al. 2017, arXiv:1605.08803): affine coupling layers that transform the second and the first half of
 * the variables in turn; both directions take one pass. Untrained, it is its base. With `context` it is a
 * {@link ConditionalFlow}.
 *
 * Defaults: 6 transforms, networks of (64, 64) relu units. With the convention of zuko (its `NICE`) or nflows (its
 * `SimpleRealNVP`) the layers transform the variables of odd and of even places in turn, from the data on.
 *
 * @throws {OptionError} a size is not a positive integer.
 * @example
 * using flow = realNvp({ features: 4, key: createKey(0) });
 * const x = flow.sample(createKey(1), [1000]);
 */
export function realNvp(options: RealNvpOptions & Unconditional): Flow;
export function realNvp(options: RealNvpOptions & Conditional): ConditionalFlow;
export function realNvp(options: RealNvpOptions & MaybeConditional): Flow | ConditionalFlow;
export function realNvp(options: RealNvpOptions & AnyContext): Flow | ConditionalFlow {
  const all = withConvention("realNvp", options);
  const { convention } = all;
  const family = affine({ parameterization: convention === "nflows" ? "nflows-coupling" : convention });
  const masks = convention === "pushforward" ? "halves" : "odd-first";
  return assemble("realNvp", all, couplingLayers("realNvp", all, family, { transforms: TRANSFORMS, masks }));
}

/** {@link realNvp} in the table of architectures. */
export const realNvpInfo: ArchitectureInfo = {
  label: "RealNVP",
  help: "Half of the columns choose scales and shifts for the other half, in turn. Sampling is as fast as scoring.",
  transforms: TRANSFORMS,
  splines: false,
  factory: "realNvp",
};
