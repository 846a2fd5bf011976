// Flows whose layers read all variables and have weights of their own; networks add to these where there is a context.
import { OptionError } from "@pushforward/core";
import { BlockAutoregressive, ContractiveResidual, Planar, Radial, Sylvester } from "@pushforward/transforms";
import { type ArchitectureOptions, type Preset, preset } from "../architectures/architecture.ts";
import {
  type AmortizedArchitectureOptions,
  FREE_OPTIONS,
  type FreeArchitectureOptions,
  freeLayers,
} from "../architectures/layers.ts";

/** Options of {@link planar}; `transforms` defaults to 16. */
export type PlanarFlowOptions = AmortizedArchitectureOptions;

/**
 * Planar flow (Rezende and Mohamed 2015, arXiv:1505.05770): layers that move points along one direction each. Untrained, it is its
 * base. With `context` it is a {@link ConditionalFlow}, and a network adds to the parameters of each layer.
 *
 * Defaults: 16 transforms, density in closed form; with `orientation: "sampling"` samples are in closed form, for variational
 * inference. With a context, networks of (64, 64) relu units.
 *
 * @function
 * @throws {OptionError} a size is not a positive integer, or an option of networks is given without a context.
 * @example
 * using flow = planar({ features: 2, key: createKey(0) });
 * const logProb = flow.logProb([[0.5, -1]]);
 */
export const planar: Preset<PlanarFlowOptions> = /* @__PURE__ */ preset("planar", FREE_OPTIONS, (options, where) =>
  freeLayers(where, options, {
    transforms: 16,
    layer: (features, key, conditioner) => new Planar({ features, key, ...(conditioner && { conditioner }) }),
    shifts: 2 * options.features + 1,
  }),
);

/** Options of {@link radial}; `transforms` defaults to 16. */
export type RadialFlowOptions = AmortizedArchitectureOptions;

/**
 * Radial flow (Rezende and Mohamed 2015, arXiv:1505.05770): each layer pulls points towards a center, or pushes points
 * away from it. Untrained, it is its base. With `context` it is a {@link ConditionalFlow}, and a network adds to the
 * parameters of each layer.
 *
 * Defaults: 16 transforms, density in closed form; with `orientation: "sampling"` samples are in closed form, for
 * variational inference. With a context, networks of (64, 64) relu units.
 *
 * @function
 * @throws {OptionError} a size is not a positive integer, or a network option is set without a context.
 * @example
 * using flow = radial({ features: 2, key: createKey(0) });
 * const logProb = flow.logProb([[0.5, -1]]);
 */
export const radial: Preset<RadialFlowOptions> = /* @__PURE__ */ preset("radial", FREE_OPTIONS, (options, where) =>
  freeLayers(where, options, {
    transforms: 16,
    layer: (features, key, conditioner) => new Radial({ features, key, ...(conditioner && { conditioner }) }),
    shifts: options.features + 2,
  }),
);

/** Options of {@link sylvester}; `transforms` defaults to 8. */
export interface SylvesterFlowOptions extends AmortizedArchitectureOptions {
  /** Directions of each layer, at most `features`. Default: the smaller of `features` and 8. */
  readonly directions?: number;
}

/**
 * Sylvester flow (van den Berg et al. 2018, arXiv:1803.05649): layers that move points along several directions at once. Untrained, it is its
 * base. With `context` it is a {@link ConditionalFlow}, and a network adds to the parameters of each layer.
 *
 * Defaults: 8 transforms, density in closed form; with `orientation: "sampling"` samples are in closed form, for variational
 * inference. With a context, networks of (64, 64) relu units.
 *
 * @function
 * @throws {OptionError} a size is not a positive integer, or an option of networks is given without a context.
 * @example
 * using flow = sylvester({ features: 2, key: createKey(0) });
 * const logProb = flow.logProb([[0.5, -1]]);
 */
export const sylvester: Preset<SylvesterFlowOptions> = /* @__PURE__ */ preset(
  "sylvester",
  { ...FREE_OPTIONS, directions: true },
  (options, where) => {
    const { directions = Math.min(options.features, 8) } = options;
    return freeLayers(where, options, {
      transforms: 8,
      layer: (features, key, conditioner) =>
        new Sylvester({ features, directions, key, ...(conditioner && { conditioner }) }),
      shifts: 2 * directions ** 2 + directions,
    });
  },
);

/** Options of {@link bnaf}; `transforms` defaults to 2, `permutation` to `"reverse"`. */
export interface BnafOptions
  extends FreeArchitectureOptions,
    // "tanh" is the only activation.
    Pick<ArchitectureOptions, "activation"> {
  /** Units of each variable in each hidden layer. Default: `[8, 8]`. */
  readonly hidden?: readonly number[];
}

/**
 * Block neural autoregressive flow (De Cao et al. 2019, arXiv:1904.04676): each layer is a single network that
 * increases in each variable, with block weight matrices. A density takes one pass. A sample solves an equation for
 * each variable. Untrained, it is nearly its base. With `context` it is a {@link ConditionalFlow}.
 *
 * Defaults: 2 transforms of 8 and 8 tanh units for each variable, with the variables reversed between the transforms.
 *
 * @function
 * @throws {OptionError} a size is not a positive integer, or an option does not exist for its networks.
 * @example
 * using flow = bnaf({ features: 2, key: createKey(0) });
 * const logProb = flow.logProb([[0.5, -1]]);
 */
export const bnaf: Preset<BnafOptions> = /* @__PURE__ */ preset("bnaf", FREE_OPTIONS, (options, where) => {
  const { context, hidden, activation = "tanh", permutation = "reverse" } = options;
  if (activation !== "tanh") {
    throw new OptionError(`bnaf: expected activation to be "tanh", got ${JSON.stringify(activation)}.`);
  }
  const sizes = { ...(context !== undefined && { context }), ...(hidden !== undefined && { hidden }) };
  return freeLayers(
    where,
    { ...options, permutation },
    {
      transforms: 2,
      layer: (features, key) => new BlockAutoregressive({ features, key, ...sizes }),
      takes: ["hidden", "activation", "context"],
    },
  );
});

/** Options of {@link residualFlow}; `transforms` defaults to 8. */
export interface ResidualFlowOptions
  extends FreeArchitectureOptions,
    // "silu" or "tanh".
    Pick<ArchitectureOptions, "hidden" | "activation"> {
  /** The largest Lipschitz constant of each network. Default: 0.9. */
  readonly lipschitz?: number;
  /** For more features than this, training estimates log-dets. Default: 16. */
  readonly exactUpTo?: number;
}

/**
 * Residual flow (Behrmann et al. 2019, arXiv:1811.00995; Chen et al. 2019, arXiv:1906.02735): layers `x + g(x)` with
 * networks of all variables and Lipschitz constants below 1. A density takes one pass and the determinant of each
 * layer. A sample is found by iteration. Untrained, it is its base. With `context` it is a {@link ConditionalFlow}.
 *
 * Defaults: 8 transforms, networks of (64, 64) silu units. Densities are exact. In training, densities of more than 16
 * features are unbiased estimates.
 *
 * @function
 * @throws {OptionError} a size is not a positive integer, or an option does not exist for its networks.
 * @example
 * using flow = residualFlow({ features: 2, key: createKey(0) });
 * const logProb = flow.logProb([[0.5, -1]]);
 */
export const residualFlow: Preset<ResidualFlowOptions> = /* @__PURE__ */ preset(
  "residualFlow",
  { ...FREE_OPTIONS, lipschitz: true, exactUpTo: true },
  (options, where) => {
    const { context, hidden, activation = "silu", lipschitz, exactUpTo } = options;
    if (activation !== "silu" && activation !== "tanh") {
      throw new OptionError(
        `residualFlow: expected activation to be "silu" or "tanh", got ${JSON.stringify(activation)}.`,
      );
    }
    const given = {
      ...(context !== undefined && { context }),
      ...(hidden !== undefined && { hidden }),
      ...(lipschitz !== undefined && { lipschitz }),
      ...(exactUpTo !== undefined && { exactUpTo }),
    };
    return freeLayers(where, options, {
      transforms: 8,
      layer: (features, key) => new ContractiveResidual({ features, activation, key, ...given }),
      takes: ["hidden", "activation", "context"],
    });
  },
);
