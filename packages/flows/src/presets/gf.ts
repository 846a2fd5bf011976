import { Tapered } from "@pushforward/conditioners";
import { type Bijection, type Distribution, OptionError } from "@pushforward/core";
import { VonMisesFisher } from "@pushforward/distributions";
import {
  CylindricalToSphere,
  chain,
  circularRationalQuadratic,
  concatenate,
  gaussianization,
  Identity,
  invert,
  Rotation,
  rationalQuadratic,
} from "@pushforward/transforms";
import {
  ARCHITECTURE_OPTIONS,
  type ArchitectureOptions,
  checkLayerOptions,
  elementwiseLayers,
  type LayerOptions,
  layerNetwork,
  type Preset,
  permuted,
  preset,
} from "../architectures/architecture.ts";
import { Coupling } from "../schemes/coupling.ts";
import { Elementwise } from "../schemes/elementwise.ts";

/** Options of {@link gf}; `transforms` defaults to 3. Network options apply only with a context. */
export interface GfOptions extends ArchitectureOptions {
  /** Normals in the mixture of each variable. Default: 8. */
  readonly components?: number;
}

/**
 * Gaussianization flow (Meng et al. 2020, arXiv:2003.01941): layers that make each variable normal by the distribution
 * function of a mixture of normals, with learned rotations between the layers. A density takes one pass. A sample
 * solves an equation for each variable, all at once. The rotations start at random. With `context`, from which networks
 * compute the mixtures, it is a {@link ConditionalFlow}. Standardize the data first.
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

/** Options of {@link sphereFlow}; `transforms` defaults to 6. */
export interface SphereFlowOptions extends Omit<ArchitectureOptions, "features" | "permutation" | "standardize"> {
  /** Number of bins of each spline. Default: 8. */
  readonly bins?: number;
  /** A distribution of unit vectors `[3]`, per unit area. Default: uniform. */
  readonly base?: Distribution;
}

const { features: _, permutation: __, standardize: ___, ...SHARED } = ARCHITECTURE_OPTIONS;

/**
 * A flow on the sphere S² (the recursive flow of Rezende et al. 2020, arXiv:2002.02428): a density of unit vectors
 * `[3]` per unit area, so that its integral over the area 4π is 1. Each layer works in cylindrical coordinates, an
 * angle φ around an axis and a height z, which preserve area. It maps z by a spline of [−1, 1], then φ by a circular
 * spline with parameters from z. A learned rotation follows, so that each layer has a different axis. Untrained, the
 * flow is its base, which is uniform. With `context` it is a {@link ConditionalFlow}.
 *
 * Unlike in the paper, the map of φ fades to the identity towards the poles of its layer, so that the density is
 * continuous on the whole sphere. The log-density of a vector is −∞ if its squared length differs from 1 by more than
 * 1e-4. Both directions take one pass. For rows of latitude and longitude see {@link GeographicToSphere}.
 *
 * Defaults: 6 transforms of 8 bins, networks of (64, 64) relu units.
 *
 * @function
 * @throws {OptionError} a size is not a positive integer, or the events of the base are not vectors of three numbers.
 * @example
 * using flow = sphereFlow({ key: createKey(0) });
 * flow.logProb([[0, 0, 1], [0.6, 0, -0.8], [0, 0, 0.9]]); // → [-2.531, -2.531, -Infinity]
 */
export const sphereFlow: Preset<SphereFlowOptions> = /* @__PURE__ */ preset(
  "sphereFlow",
  { ...SHARED, bins: true },
  (options, where) => {
    const { transforms = 6, bins = 8, key, base } = options;
    if (base?.eventShape.length !== 1 || base.eventShape[0] !== 3) {
      throw new OptionError(
        `sphereFlow: expected a base of unit vectors, of event shape [3], got [${base?.eventShape.join(", ")}].`,
      );
    }
    checkLayerOptions(where, options, transforms);
    const cylinder = new CylindricalToSphere();
    return Array.from({ length: transforms }, (_, i) => {
      const rotation = new Rotation({ features: 3, key: key.fold(`layers.${i}`).fold("rotation") });
      return chain([invert(cylinder), heightLayer(options, i, bins), angleLayer(options, i, bins), cylinder, rotation]);
    });
  },
  ({ base = new VonMisesFisher({ meanDirection: [0, 0, 1], concentration: 0 }) }) => ({ features: 3, base }),
);

/** A spline of the height, from the context if present. */
function heightLayer(options: LayerOptions, layer: number, bins: number): Bijection {
  const family = rationalQuadratic({ bins, bound: 1, tails: "linear" });
  const { context, key } = options;
  const sizes = { inputSize: context ?? 0, outputSize: family.parameterCount, context: 0 };
  const conditioner =
    context === undefined
      ? {}
      : { conditioner: layerNetwork({ ...options, key: key.fold("height") }, {}, layer, sizes) };
  return concatenate({
    parts: [new Identity(), new Elementwise({ family, features: 1, ...conditioner })],
    sizes: [1, 1],
  });
}

/** A spline of the angle, from the height and the context. */
function angleLayer(options: LayerOptions, layer: number, bins: number): Bijection {
  const family = circularRationalQuadratic({ bins });
  const sizes = { inputSize: 1, outputSize: family.parameterCount, context: options.context ?? 0 };
  const conditioner = new Tapered({ conditioner: layerNetwork(options, {}, layer, sizes) });
  return new Coupling({ family, conditioner, mask: [true, false] });
}
