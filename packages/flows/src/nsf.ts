import type { Bijection } from "@pushforward/core";
import { invert, LULinear, Permutation, rationalQuadratic } from "@pushforward/transforms";
import {
  type AnyContext,
  assemble,
  type Conditional,
  type MaybeConditional,
  type Unconditional,
  withConvention,
} from "./architecture.ts";
import type { ArchitectureInfo } from "./architecture-info.ts";
import { type AutoregressiveArchitectureOptions, autoregressiveLayers } from "./autoregressive-layers.ts";
import type { ConditionalFlow } from "./conditional-flow.ts";
import { couplingLayers } from "./coupling-layers.ts";
import type { Flow } from "./flow.ts";

const TRANSFORMS = 3;
const COUPLING_TRANSFORMS = 5;

/** Options of {@link nsf}. */
export interface NsfOptions extends AutoregressiveArchitectureOptions {
  /** Number of layers; 3 when omitted, 5 with `coupling`. */
  readonly transforms?: number;
  /** Number of bins of each spline; 8 when omitted, 10 with the convention of nflows. */
  readonly bins?: number;
  /** The splines act on [−bound, bound] and are the identity outside; 5 when omitted, 3 with the convention of nflows. */
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
 * With `convention: "nflows"` and `coupling` it is the flow of Durkan et al. in nflows: residual networks of (50, 50, 50) that
 * transform the variables of even and of odd places in turn, 10 bins on [−3, 3], each layer with an LU map; for a single
 * variable, as in sbi, a plain network of the context.
 *
 * @throws {OptionError} a size is not a positive integer, or options contradict each other.
 * @example
 * using flow = nsf({ features: 2, context: 1, key: createKey(0) });
 * const logProb = flow.given([[0.1]]).logProb([[0.5, -1]]);
 * using same = nsf({ features: 2, convention: "nflows", coupling: true, key: createKey(0) });
 * parameterCount(same.parameters()); // → 58925
 */
export function nsf(options: NsfOptions & Unconditional): Flow;
export function nsf(options: NsfOptions & Conditional): ConditionalFlow;
export function nsf(options: NsfOptions & MaybeConditional): Flow | ConditionalFlow;
export function nsf(options: NsfOptions & AnyContext): Flow | ConditionalFlow {
  const all = withConvention("nsf", options);
  const { features, convention, coupling = false, linear = coupling } = all;
  const isNflows = convention === "nflows";
  const { bins = isNflows ? 10 : 8, bound = isNflows ? 3 : 5 } = options;
  const networks = isNflows && coupling && features === 1 ? singleVariable(all, options) : all;
  // nflows scales what enters a softmax by the width of a network that tells it; its MADE does not.
  const [width = 1] = networks.hidden ?? [];
  const scale = isNflows && coupling ? { softmaxScale: 1 / Math.sqrt(width) } : {};
  const family = rationalQuadratic({ bins, bound, parameterization: convention, ...scale });
  const masks = convention === "pushforward" ? "halves" : isNflows ? "even-first" : "odd-first";
  const layers = coupling
    ? couplingLayers("nsf", networks, family, { transforms: COUPLING_TRANSFORMS, masks })
    : autoregressiveLayers("nsf", all, family, { transforms: TRANSFORMS, orientation: "density" });
  return assemble("nsf", all, linear && features > 1 ? mixed(layers, features, isNflows) : layers);
}

/** {@link nsf} in the table of architectures. */
export const nsfInfo: ArchitectureInfo = {
  label: "Neural spline flow",
  help: "Each column goes through a smooth, rising curve that depends on the columns before it. It fits the sharpest shapes.",
  transforms: TRANSFORMS,
  splines: true,
  factory: "nsf",
};

/** {@link nsf} of coupling layers in the table of architectures. */
export const nsfCouplingInfo: ArchitectureInfo = {
  label: "Neural spline flow, coupling",
  help: "Half of the columns choose the curves for the other half. Learned linear maps between the layers mix the columns.",
  transforms: COUPLING_TRANSFORMS,
  splines: true,
  factory: "nsf",
  fixed: { coupling: true },
};

/** As sbi builds it on nflows: a plain network, or one as the options say. */
function singleVariable<T extends NsfOptions>(all: T, { hidden = [50, 50], residual = false }: NsfOptions): T {
  return { ...all, hidden, residual };
}

/** A linear map on the data side of each layer; in nflows on the base side, and seen from the data. */
function mixed(layers: readonly Bijection[], features: number, isNflows: boolean): Bijection[] {
  return layers.flatMap((layer): Bijection[] => {
    if (layer instanceof Permutation) return [layer];
    if (!isNflows) return [layer, new LULinear({ features })];
    return [invert(new LULinear({ features, parameterization: "nflows" })), layer];
  });
}
