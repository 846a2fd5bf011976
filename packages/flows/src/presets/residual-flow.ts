import { type Key, OptionError } from "@pushforward/core";
import { checkOptions, type OptionNames } from "@pushforward/core/extend";
import { ContractiveResidual } from "@pushforward/transforms";
import {
  type ArchitectureOptions,
  assembleFlow,
  type ConditionalOptions,
  type MaybeConditionalOptions,
  type UnconditionalOptions,
} from "../architectures/architecture.ts";
import { FREE_OPTIONS, type FreeArchitectureOptions, freeLayers } from "../architectures/free-layers.ts";
import type { ConditionalFlow } from "../conditional-flow.ts";
import type { Flow } from "../flow.ts";

const TRANSFORMS = 8;

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

const OPTIONS: OptionNames<ResidualFlowOptions & Partial<MaybeConditionalOptions>> = {
  ...FREE_OPTIONS,
  lipschitz: true,
  exactUpTo: true,
};

/**
 * Residual flow (Behrmann et al. 2019, arXiv:1811.00995; Chen et al. 2019, arXiv:1906.02735): layers `x + g(x)` with networks of
 * all variables, whose Lipschitz constants are below 1. A density takes one pass and the determinant of each layer; a sample is
 * found by iteration. Untrained, it is its base. With `context` it is a {@link ConditionalFlow}.
 *
 * Defaults: 8 transforms, networks of (64, 64) silu units. Densities are exact; in training, those of more than 16 features
 * are unbiased estimates.
 *
 * @throws {OptionError} a size is not a positive integer, or an option is given that its networks do not have.
 * @example
 * using flow = residualFlow({ features: 2, key: createKey(0) });
 * const logProb = flow.logProb([[0.5, -1]]);
 */
export function residualFlow(options: ResidualFlowOptions & UnconditionalOptions): Flow;
export function residualFlow(options: ResidualFlowOptions & ConditionalOptions): ConditionalFlow;
export function residualFlow(options: ResidualFlowOptions & MaybeConditionalOptions): Flow | ConditionalFlow;
export function residualFlow(options: ResidualFlowOptions & Partial<MaybeConditionalOptions>): Flow | ConditionalFlow {
  checkOptions("residualFlow", options, OPTIONS);
  const { context, hidden, activation = "silu", lipschitz, exactUpTo } = options;
  if (activation !== "silu" && activation !== "tanh") {
    throw new OptionError(
      `residualFlow: expected activation to be "silu" or "tanh", got ${JSON.stringify(activation)}.`,
    );
  }
  const layer = (features: number, key: Key) =>
    new ContractiveResidual({
      features,
      activation,
      key,
      ...(context !== undefined && { context }),
      ...(hidden !== undefined && { hidden }),
      ...(lipschitz !== undefined && { lipschitz }),
      ...(exactUpTo !== undefined && { exactUpTo }),
    });
  const style = { transforms: TRANSFORMS, layer, takes: ["hidden", "activation", "context"] } as const;
  return assembleFlow("residualFlow", options, freeLayers("residualFlow", options, style));
}
