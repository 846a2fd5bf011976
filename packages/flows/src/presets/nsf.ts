import { type Bijection, OptionError } from "@pushforward/core";
import { checkOptions, type OptionNames } from "@pushforward/core/extend";
import { LULinear, Permutation, rationalQuadratic } from "@pushforward/transforms";
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
import { couplingLayers } from "../architectures/coupling-layers.ts";
import type { ConditionalFlow } from "../conditional-flow.ts";
import type { Flow } from "../flow.ts";

const TRANSFORMS = 3;
const COUPLING_TRANSFORMS = 5;

/** Options of {@link nsf}. */
export interface NsfOptions extends AutoregressiveArchitectureOptions {
  /** Number of layers. Default: 3, or 5 with `coupling`. */
  readonly transforms?: number;
  /** Number of bins of each spline. Default: 8. */
  readonly bins?: number;
  /** The splines act on [−bound, bound] and are the identity outside. Default: 5. */
  readonly bound?: number;
  /** Coupling layers instead of autoregressive ones: both directions take one pass. */
  readonly coupling?: boolean;
  /** A learned linear map (LU) on the data side of each layer. Default: the value of `coupling`. */
  readonly linear?: boolean;
}

const OPTIONS: OptionNames<NsfOptions & Partial<MaybeConditionalOptions>> = {
  ...AUTOREGRESSIVE_OPTIONS,
  bins: true,
  bound: true,
  coupling: true,
  linear: true,
};

/**
 * Neural spline flow (Durkan et al. 2019, arXiv:1906.04032): layers of rational-quadratic splines, autoregressive or
 * coupling. Untrained, it is its base. With `context` it is a {@link ConditionalFlow}.
 *
 * Defaults: 3 autoregressive transforms, 8 bins on [−5, 5], networks of (64, 64) relu units, density in one pass.
 *
 * @throws {OptionError} a size is not a positive integer, or options contradict each other.
 * @example
 * using flow = nsf({ features: 2, context: 1, key: createKey(0) });
 * const logProb = flow.given([[0.1]]).logProb([[0.5, -1]]);
 */
export function nsf(options: NsfOptions & UnconditionalOptions): Flow;
export function nsf(options: NsfOptions & ConditionalOptions): ConditionalFlow;
export function nsf(options: NsfOptions & MaybeConditionalOptions): Flow | ConditionalFlow;
export function nsf(options: NsfOptions & Partial<MaybeConditionalOptions>): Flow | ConditionalFlow {
  checkOptions("nsf", options, OPTIONS);
  const { features, bins = 8, bound = 5, coupling = false, linear = coupling } = options;
  if (options.adjacency !== undefined && (coupling || linear)) {
    const other = coupling ? "coupling" : "linear";
    throw new OptionError(`nsf: expected adjacency or ${other}, got both. A graph is for autoregressive layers alone.`);
  }
  const family = rationalQuadratic({ bins, bound });
  const layers = coupling
    ? couplingLayers("nsf", options, { family, transforms: COUPLING_TRANSFORMS, masks: "halves" })
    : autoregressiveLayers("nsf", options, { family, transforms: TRANSFORMS, orientation: "density" });
  return assembleFlow("nsf", options, linear && features > 1 ? mixed(layers, features) : layers);
}

/** A linear map on the data side of each layer. */
function mixed(layers: readonly Bijection[], features: number): Bijection[] {
  return layers.flatMap((layer): Bijection[] =>
    layer instanceof Permutation ? [layer] : [layer, new LULinear({ features })],
  );
}
