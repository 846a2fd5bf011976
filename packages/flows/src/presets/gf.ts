import type { Bijection } from "@pushforward/core";
import { gaussianization, Rotation } from "@pushforward/transforms";
import {
  ARCHITECTURE_OPTIONS,
  type ArchitectureOptions,
  checkLayerOptions,
  elementwiseLayers,
  type Preset,
  permuted,
  preset,
} from "../architectures/architecture.ts";

/** Options of {@link gf}; `transforms` defaults to 3. Those of networks matter with a context only. */
export interface GfOptions extends ArchitectureOptions {
  /** Normals in the mixture of each variable. Default: 8. */
  readonly components?: number;
}

/**
 * Gaussianization flow (Meng et al. 2020, arXiv:2003.01941): layers that make each variable normal by the distribution function of a
 * mixture of normals, with learned rotations between them. A density takes one pass; samples solve an equation for each
 * variable, all at once. The rotations start at random ones. With `context`, from which networks compute the mixtures,
 * it is a {@link ConditionalFlow}. Standardize the data first.
 *
 * Defaults: 3 transforms of 8 components.
 *
 * @function
 * @throws {OptionError} a size is not a positive integer.
 * @example
 * using flow = gf({ features: 2, key: createKey(0) });
 * const logProb = flow.logProb([[0.5, -1]]);
 */
export const gf: Preset<GfOptions> = /* @__PURE__ */ preset(
  "gf",
  { ...ARCHITECTURE_OPTIONS, components: true },
  (options, where) => {
    const { features, key, transforms = 3, components = 8 } = options;
    checkLayerOptions(where, options, transforms);
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
    return permuted(options, layers);
  },
);
