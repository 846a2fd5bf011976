import { OptionError } from "@pushforward/core";
import { checkOptions, type OptionNames } from "@pushforward/core/extend";
import { Uniform } from "@pushforward/distributions";
import { circularRationalQuadratic } from "@pushforward/transforms";
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

const TRANSFORMS = 3;

/** Options of {@link ncsf}; `transforms` defaults to 3. */
export interface NcsfOptions extends Omit<AutoregressiveArchitectureOptions, "standardize"> {
  /** Number of bins of each spline. Default: 8. */
  readonly bins?: number;
}

const OPTIONS: OptionNames<NcsfOptions & Partial<MaybeConditionalOptions>> = {
  ...AUTOREGRESSIVE_OPTIONS,
  bins: true,
};

/**
 * Neural circular spline flow (Rezende et al. 2020, arXiv:2002.02428): a density of angles in radians, on the torus [−π, π]ᵈ. Autoregressive layers of
 * circular rational-quadratic splines, each after half a turn; their networks see cosine and sine of each angle, so
 * that the density is continuous around each circle. The base is uniform, and so is the flow before it is trained. With `context` it is a
 * {@link ConditionalFlow}.
 *
 * Angles only: reduce them modulo 2π first. Outside [−π, π] the log-density is −∞. A standardization is refused, because it would
 * change what a turn is.
 *
 * Defaults: 3 transforms of 8 bins, networks of (64, 64) relu units, density in one pass.
 *
 * @throws {OptionError} a size is not a positive integer, options contradict each other, or `standardize` is given.
 * @example
 * using flow = ncsf({ features: 2, key: createKey(0) });
 * flow.logProb([[3, -1], [4, 0]]); // → [-3.6758, -Infinity]
 */
export function ncsf(options: NcsfOptions & UnconditionalOptions): Flow;
export function ncsf(options: NcsfOptions & ConditionalOptions): ConditionalFlow;
export function ncsf(options: NcsfOptions & MaybeConditionalOptions): Flow | ConditionalFlow;
export function ncsf(options: NcsfOptions & Partial<MaybeConditionalOptions>): Flow | ConditionalFlow {
  checkOptions("ncsf", options, OPTIONS);
  if ("standardize" in options && options.standardize !== undefined) {
    throw new OptionError("ncsf: expected no standardize, because it would change what a turn is, got one.");
  }
  const { features } = options;
  const family = circularRationalQuadratic({ bins: options.bins ?? 8, shift: Math.PI });
  const style = { family, transforms: TRANSFORMS, orientation: "density", periodic: true } as const;
  const layers = autoregressiveLayers("ncsf", options, style);
  const base = options.base ?? new Uniform({ features, low: [-Math.PI], high: [Math.PI] });
  return assembleFlow("ncsf", { ...options, base }, layers);
}
