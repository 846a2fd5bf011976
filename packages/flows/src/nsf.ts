import type { Bijection } from "@pushforward/core";
import { LULinear, rationalQuadratic } from "@pushforward/transforms";
import {
  type AnyContext,
  assemble,
  type Conditional,
  type MaybeConditional,
  type Unconditional,
} from "./architecture.ts";
import { type AutoregressiveArchitectureOptions, autoregressiveLayers } from "./autoregressive-layers.ts";
import type { ConditionalFlow } from "./conditional-flow.ts";
import { couplingLayers } from "./coupling-layers.ts";
import type { Flow } from "./flow.ts";

/** Options of {@link nsf}. */
export interface NsfOptions extends AutoregressiveArchitectureOptions {
  /** Number of layers; 3 when omitted, 5 with `coupling`. */
  readonly transforms?: number;
  /** Number of bins of each spline; 8 when omitted. */
  readonly bins?: number;
  /** The splines act on [−bound, bound] and are the identity outside; 5 when omitted. */
  readonly bound?: number;
  /** Coupling layers instead of autoregressive ones: both directions take one pass. */
  readonly coupling?: boolean;
  /** A learned linear map (LU) on the data side of each layer; on when omitted with `coupling`, else off. */
  readonly linear?: boolean;
}

/**
 * Neural spline flow (Durkan et al. 2019, arXiv:1906.04032): layers of rational-quadratic splines, autoregressive or
 * coupling. Untrained, it is its base. With `context` it is a {@link ConditionalFlow}.
 *
 * Defaults: 3 autoregressive transforms, 8 bins on [−5, 5], networks of (64, 64) relu units, density in one pass.
 *
 * @throws {OptionError} a size is not a positive integer.
 * @example
 * using flow = nsf({ features: 2, context: 1, key: createKey(0) });
 * const logProb = flow.given([[0.1]]).logProb([[0.5, -1]]);
 */
export function nsf(options: NsfOptions & Unconditional): Flow;
export function nsf(options: NsfOptions & Conditional): ConditionalFlow;
export function nsf(options: NsfOptions & MaybeConditional): Flow | ConditionalFlow;
export function nsf(options: NsfOptions & AnyContext): Flow | ConditionalFlow {
  const { features, bins = 8, bound = 5, coupling = false, linear = coupling } = options;
  const family = rationalQuadratic({ bins, bound });
  const layers: readonly Bijection[] = coupling
    ? couplingLayers("nsf", options, family, { transforms: 5 })
    : autoregressiveLayers("nsf", options, family, { transforms: 3, orientation: "density" });
  const mixed = linear && features > 1 ? layers.flatMap((layer) => [layer, new LULinear({ features })]) : layers;
  return assemble("nsf", options, mixed);
}
