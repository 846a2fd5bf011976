import { Tapered } from "@pushforward/conditioners";
import { type Bijection, type Distribution, OptionError } from "@pushforward/core";
import { checkOptions, type OptionNames } from "@pushforward/core/extend";
import { VonMisesFisher } from "@pushforward/distributions";
import {
  CylindricalToSphere,
  chain,
  circularRationalQuadratic,
  concatenate,
  Identity,
  invert,
  Rotation,
  rationalQuadratic,
} from "@pushforward/transforms";
import {
  ARCHITECTURE_OPTIONS,
  type ArchitectureOptions,
  assembleFlow,
  type ConditionalOptions,
  checkLayerOptions,
  type LayerOptions,
  type MaybeConditionalOptions,
  type UnconditionalOptions,
} from "../architectures/architecture.ts";
import { layerNetwork } from "../architectures/layer-network.ts";
import type { ConditionalFlow } from "../conditional-flow.ts";
import type { Flow } from "../flow.ts";
import { Coupling } from "../schemes/coupling.ts";
import { Elementwise } from "../schemes/elementwise.ts";

const TRANSFORMS = 6;

/** Options of {@link sphereFlow}; `transforms` defaults to 6. */
export interface SphereFlowOptions extends Omit<ArchitectureOptions, "features" | "permutation" | "standardize"> {
  /** Number of bins of each spline. Default: 8. */
  readonly bins?: number;
  /** A distribution of unit vectors `[3]`, per unit area. Default: uniform. */
  readonly base?: Distribution;
}

const { features: _, permutation: __, standardize: ___, ...SHARED } = ARCHITECTURE_OPTIONS;
const OPTIONS: OptionNames<SphereFlowOptions & Partial<MaybeConditionalOptions>> = { ...SHARED, bins: true };

/**
 * A flow on the sphere S² (the recursive flow of Rezende et al. 2020, arXiv:2002.02428): a density of unit vectors `[3]`
 * per unit area, so that its integral over the area 4π is 1. Each layer works in cylindrical coordinates, an angle φ around an
 * axis and a height z, which preserve area. It maps z by a spline of [−1, 1], then φ by a circular spline with parameters
 * from z. A learned rotation follows, so that each layer has an axis of its own. Untrained, the flow is its base, which is
 * uniform. With `context` it is a {@link ConditionalFlow}.
 *
 * Unlike in the paper, the map of φ fades to the identity towards the poles of its layer, so that the density is continuous
 * on the whole sphere. The log-density of a vector whose squared length differs from 1 by more than 1e-4 is −∞. Both
 * directions take one pass. For rows of latitude and longitude see {@link GeographicToSphere}.
 *
 * Defaults: 6 transforms of 8 bins, networks of (64, 64) relu units.
 *
 * @throws {OptionError} a size is not a positive integer, or the base is not one of vectors of three numbers.
 * @example
 * using flow = sphereFlow({ key: createKey(0) });
 * flow.logProb([[0, 0, 1], [0.6, 0, -0.8], [0, 0, 0.9]]); // → [-2.531, -2.531, -Infinity]
 */
export function sphereFlow(options: SphereFlowOptions & UnconditionalOptions): Flow;
export function sphereFlow(options: SphereFlowOptions & ConditionalOptions): ConditionalFlow;
export function sphereFlow(options: SphereFlowOptions & MaybeConditionalOptions): Flow | ConditionalFlow;
export function sphereFlow(options: SphereFlowOptions & Partial<MaybeConditionalOptions>): Flow | ConditionalFlow {
  checkOptions("sphereFlow", options, OPTIONS);
  const { transforms = TRANSFORMS, bins = 8, key } = options;
  const base = options.base ?? new VonMisesFisher({ meanDirection: [0, 0, 1], concentration: 0 });
  if (base.eventShape.length !== 1 || base.eventShape[0] !== 3) {
    throw new OptionError(
      `sphereFlow: expected a base of unit vectors, of event shape [3], got [${base.eventShape.join(", ")}].`,
    );
  }
  const all = { ...options, features: 3, base };
  checkLayerOptions("sphereFlow", all, transforms);
  const cylinder = new CylindricalToSphere();
  const layers = Array.from({ length: transforms }, (_, i) => {
    const rotation = new Rotation({ features: 3, key: key.fold(`layers.${i}`).fold("rotation") });
    return chain([invert(cylinder), heightLayer(all, i, bins), angleLayer(all, i, bins), cylinder, rotation]);
  });
  return assembleFlow("sphereFlow", all, layers);
}

/** A spline of the height, from the context where there is one. */
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
