// The architectures that most flows are made of: affine maps and splines, autoregressive or coupling.
import { type Bijection, OptionError } from "@pushforward/core";
import { AffineElementwise, additive, affine, LULinear, Permutation, rationalQuadratic } from "@pushforward/transforms";
import { type Preset, preset } from "../architectures/architecture.ts";
import {
  AUTOREGRESSIVE_OPTIONS,
  type AutoregressiveArchitectureOptions,
  autoregressiveLayers,
  COUPLING_OPTIONS,
  type CouplingArchitectureOptions,
  couplingLayers,
} from "../architectures/layers.ts";

/** Options of {@link maf}; `transforms` defaults to 5. */
export type MafOptions = AutoregressiveArchitectureOptions;

/**
 * Masked autoregressive flow (Papamakarios et al. 2017, arXiv:1705.07057): autoregressive layers of affine maps, orders
 * natural and reversed in turn. Untrained, it is its base. With `context` it is a {@link ConditionalFlow}.
 *
 * Defaults: 5 transforms, networks of (64, 64) relu units, density in one pass.
 *
 * @function
 * @throws {OptionError} a size is not a positive integer, or options contradict each other.
 * @example
 * using flow = maf({ features: 2, key: createKey(0) });
 * const logProb = flow.logProb([[0.5, -1]]);
 */
export const maf: Preset<MafOptions> = /* @__PURE__ */ preset("maf", AUTOREGRESSIVE_OPTIONS, (options, where) =>
  autoregressiveLayers(where, options, { family: affine(), transforms: 5, orientation: "density" }),
);

/** Options of {@link iaf}; `transforms` defaults to 5. */
export type IafOptions = AutoregressiveArchitectureOptions;

/**
 * Inverse autoregressive flow (Kingma et al. 2016, arXiv:1606.04934): a `maf` the other way round, so that a sample
 * takes one pass and a density runs variable by variable. Untrained, it is its base. With `context` it is a
 * {@link ConditionalFlow}.
 *
 * Defaults: 5 transforms, networks of (64, 64) relu units.
 *
 * @function
 * @throws {OptionError} a size is not a positive integer.
 * @example
 * using flow = iaf({ features: 2, key: createKey(0) });
 * const [x, logProb] = flow.sampleAndLogProb(createKey(1), [256]);
 */
export const iaf: Preset<IafOptions> = /* @__PURE__ */ preset("iaf", AUTOREGRESSIVE_OPTIONS, (options, where) =>
  autoregressiveLayers(where, options, { family: affine(), transforms: 5, orientation: "sampling" }),
);

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

/**
 * Neural spline flow (Durkan et al. 2019, arXiv:1906.04032): layers of rational-quadratic splines, autoregressive or
 * coupling. Untrained, it is its base. With `context` it is a {@link ConditionalFlow}.
 *
 * Defaults: 3 autoregressive transforms, 8 bins on [−5, 5], networks of (64, 64) relu units, density in one pass.
 *
 * @function
 * @throws {OptionError} a size is not a positive integer, or options contradict each other.
 * @example
 * using flow = nsf({ features: 2, context: 1, key: createKey(0) });
 * const logProb = flow.given([[0.1]]).logProb([[0.5, -1]]);
 */
export const nsf: Preset<NsfOptions> = /* @__PURE__ */ preset(
  "nsf",
  { ...AUTOREGRESSIVE_OPTIONS, bins: true, bound: true, coupling: true, linear: true },
  (options, where) => {
    const { features, bins = 8, bound = 5, coupling = false, linear = coupling } = options;
    if (options.adjacency !== undefined && (coupling || linear)) {
      const other = coupling ? "coupling" : "linear";
      throw new OptionError(
        `nsf: expected adjacency or ${other}, got both. A graph is for autoregressive layers alone.`,
      );
    }
    const family = rationalQuadratic({ bins, bound });
    const layers = coupling
      ? couplingLayers(where, options, { family, transforms: 5, masks: "halves" })
      : autoregressiveLayers(where, options, { family, transforms: 3, orientation: "density" });
    return linear && features > 1 ? mixed(layers, features) : layers;
  },
);

/** A linear map on the data side of each layer. */
function mixed(layers: readonly Bijection[], features: number): Bijection[] {
  return layers.flatMap((layer): Bijection[] =>
    layer instanceof Permutation ? [layer] : [layer, new LULinear({ features })],
  );
}

/** Options of {@link realNvp}; `transforms` defaults to 6. */
export type RealNvpOptions = CouplingArchitectureOptions;

/**
 * RealNVP (Dinh et al. 2017, arXiv:1605.08803): affine coupling layers that transform the second and the first half of
 * the variables in turn; both directions take one pass. Untrained, it is its base. With `context` it is a
 * {@link ConditionalFlow}.
 *
 * Defaults: 6 transforms, networks of (64, 64) relu units.
 *
 * @function
 * @throws {OptionError} a size is not a positive integer.
 * @example
 * using flow = realNvp({ features: 4, key: createKey(0) });
 * const x = flow.sample(createKey(1), [1000]);
 */
export const realNvp: Preset<RealNvpOptions> = /* @__PURE__ */ preset("realNvp", COUPLING_OPTIONS, (options, where) =>
  couplingLayers(where, options, { family: affine(), transforms: 6, masks: "halves" }),
);

/**
 * NICE (Dinh et al. 2014, arXiv:1410.8516): additive coupling layers that shift the second and the first half of the
 * variables in turn and keep volumes, and a learned scale and shift of each variable on the base side. Both directions take
 * one pass. Untrained, it is its base. With `context` it is a {@link ConditionalFlow}.
 *
 * Defaults: 4 transforms, networks of (64, 64) relu units.
 *
 * @function
 * @throws {OptionError} a size is not a positive integer.
 * @example
 * using flow = nice({ features: 4, key: createKey(0) });
 * const x = flow.sample(createKey(1), [1000]);
 */
export const nice: Preset<CouplingArchitectureOptions> = /* @__PURE__ */ preset(
  "nice",
  COUPLING_OPTIONS,
  (options, where) => [
    new AffineElementwise({ features: options.features }),
    ...couplingLayers(where, options, { family: additive(), transforms: 4, masks: "halves" }),
  ],
);
