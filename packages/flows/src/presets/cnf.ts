import { type Activation, OptionError } from "@pushforward/core";
import {
  ARCHITECTURE_OPTIONS,
  type ArchitectureOptions,
  checkLayerOptions,
  type Preset,
  preset,
} from "../architectures/architecture.ts";
import { Continuous, type ContinuousOptions } from "../continuous/continuous.ts";
import { VelocityNetwork } from "../continuous/velocity-network.ts";

/** Options of {@link cnf}; `transforms` defaults to 1 and `activation` to `"silu"`. */
export interface CnfOptions extends Omit<ArchitectureOptions, "permutation">, Omit<ContinuousOptions, "field"> {
  /** The time enters as `cos kπt` and `sin kπt` for k from 1 to this. Default: 3. */
  readonly frequencies?: number;
}

/**
 * Continuous normalizing flow (Chen et al. 2018, arXiv:1806.07366; Grathwohl et al. 2019, arXiv:1810.01367): the
 * density of the base after the flow of a differential equation. Untrained, it is its base. With `context` it is a
 * {@link ConditionalFlow}.
 *
 * Defaults: 1 transform, a network of (64, 64) silu units, exact divergence, relative tolerance 1e-6. Train it by
 * maximum likelihood, or by {@link flowMatching}, which solves no equations during training.
 *
 * @function
 * @throws {OptionError} a size is not a positive integer, the activation is not smooth, or the options request a
 * residual network or dropout.
 * @example
 * using flow = cnf({ features: 2, key: createKey(0) });
 * const logProb = flow.logProb([[0.5, -1]]);
 */
export const cnf: Preset<CnfOptions> = /* @__PURE__ */ preset(
  "cnf",
  {
    ...ARCHITECTURE_OPTIONS,
    frequencies: true,
    trace: true,
    solver: true,
    steps: true,
    relativeTolerance: true,
    absoluteTolerance: true,
    maxSteps: true,
  },
  (options, where) => {
    const {
      features,
      context,
      transforms = 1,
      activation,
      residual,
      dropout,
      hidden,
      frequencies,
      key,
      trace,
      solver,
      steps,
      relativeTolerance,
      absoluteTolerance,
      maxSteps,
    } = options;
    const solution = { trace, solver, steps, relativeTolerance, absoluteTolerance, maxSteps };
    checkLayerOptions(where, options, transforms);
    if (residual) throw new OptionError("cnf: expected a plain network, got residual: true.");
    if (dropout)
      throw new OptionError(
        `cnf: expected no dropout, because all steps of a solution are of one network, got ${dropout}.`,
      );
    const layers = Array.from({ length: transforms }, (_, i) => {
      const field = new VelocityNetwork({
        features,
        key: key.fold(`layers.${i}`),
        ...(context !== undefined && { context }),
        ...(hidden && { hidden }),
        ...(activation && { activation: smooth(activation) }),
        ...(frequencies !== undefined && { frequencies }),
      });
      return new Continuous({ ...solution, field } as ContinuousOptions);
    });
    return layers;
  },
);

function smooth(activation: Activation): Exclude<Activation, "relu"> {
  if (activation !== "relu") return activation;
  throw new OptionError(
    'cnf: expected activation to be "silu", "tanh" or "elu", because its derivative enters the density, got "relu".',
  );
}
