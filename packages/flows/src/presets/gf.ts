import type { Bijection } from "@pushforward/core";
import { checkOptions, type OptionNames } from "@pushforward/core/extend";
import { gaussianization, Rotation } from "@pushforward/transforms";
import {
  ARCHITECTURE_OPTIONS,
  type ArchitectureOptions,
  assembleFlow,
  type ConditionalOptions,
  checkLayerOptions,
  type MaybeConditionalOptions,
  permuted,
  type UnconditionalOptions,
} from "../architectures/architecture.ts";
import { elementwiseLayers } from "../architectures/elementwise-layers.ts";
import type { ConditionalFlow } from "../conditional-flow.ts";
import type { Flow } from "../flow.ts";

const TRANSFORMS = 3;

/** Options of {@link gf}; `transforms` defaults to 3. Those of networks matter with a context only. */
export interface GfOptions extends ArchitectureOptions {
  /** Normals in the mixture of each variable. Default: 8. */
  readonly components?: number;
}

const OPTIONS: OptionNames<GfOptions & Partial<MaybeConditionalOptions>> = {
  ...ARCHITECTURE_OPTIONS,
  components: true,
};

/**
 * Gaussianization flow (Meng et al. 2020, arXiv:2003.01941): layers that make each variable normal by the distribution function of a
 * mixture of normals, with learned rotations between them. A density takes one pass; samples solve an equation for each
 * variable, all at once. The rotations start at random ones. With `context`, from which networks compute the mixtures,
 * it is a {@link ConditionalFlow}. Standardize the data first.
 *
 * Defaults: 3 transforms of 8 components.
 *
 * @throws {OptionError} a size is not a positive integer.
 * @example
 * using flow = gf({ features: 2, key: createKey(0) });
 * const logProb = flow.logProb([[0.5, -1]]);
 */
export function gf(options: GfOptions & UnconditionalOptions): Flow;
export function gf(options: GfOptions & ConditionalOptions): ConditionalFlow;
export function gf(options: GfOptions & MaybeConditionalOptions): Flow | ConditionalFlow;
export function gf(options: GfOptions & Partial<MaybeConditionalOptions>): Flow | ConditionalFlow {
  checkOptions("gf", options, OPTIONS);
  const { features, key, transforms = TRANSFORMS, components = 8 } = options;
  checkLayerOptions("gf", options, transforms);
  const family = gaussianization({ components });
  const marginals = elementwiseLayers(options, {
    familyOf: () => family,
    layout: {},
    transforms,
    orientation: "density",
  });
  const layers = marginals.flatMap((layer, i): Bijection[] => {
    if (features === 1 || i === 0) return [layer];
    const rotation = new Rotation({ features });
    const draws = key
      .fold(`layers.${i}`)
      .fold("rotation")
      .normal(features * features);
    rotation.parameters().get("generator")?.write(draws);
    return [rotation, layer];
  });
  return assembleFlow("gf", options, permuted(options, layers));
}
