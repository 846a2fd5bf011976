import type { ParameterTree } from "@pushforward/core";
import type { Tensor } from "@tensorflow/tfjs-core";

/** What an optimizer remembers, as plain data. */
export interface OptimizerState {
  /** Updates made so far. */
  readonly step: number;
  /** For instance moments, under names of the optimizer's choice. */
  readonly arrays: ReadonlyMap<string, Float32Array>;
}

/** Options of one update. */
export interface UpdateOptions {
  readonly learningRate: number;
  /** Gradients are scaled down to this Euclidean norm over all parameters together; absent: they are not. */
  readonly clipNorm?: number | undefined;
  /** Learning rate factor by parameter path; absent: 1. */
  readonly learningRateMultipliers?: ReadonlyMap<string, number> | undefined;
}

/** What an update saw. */
export interface UpdateReport {
  /** Euclidean norm of all gradients together, before clipping. */
  readonly gradientNorm: number;
  /**
   * The first parameter with a gradient or a new value that is not finite. Then no parameter was changed, and nothing
   * that the optimizer remembers.
   */
  readonly nonFinite?: { readonly parameter: string; readonly what: "gradient" | "value" };
}

/**
 * Moves parameters against their gradients. It computes on the host or on the device, as it likes; the values stay in
 * the parameters, which are their only home.
 */
export interface Optimizer {
  /** Namespaced name, for instance `pushforward/adam`. */
  readonly type: string;
  /**
   * One update of all parameters. A parameter without a gradient keeps its value. Borrows the tensors.
   */
  update(parameters: ParameterTree, gradients: ReadonlyMap<string, Tensor>, options: UpdateOptions): UpdateReport;
  /** A copy of the state. */
  state(): OptimizerState;
  /**
   * Goes on from a state.
   *
   * @throws {OptionError} the state does not fit the parameters.
   */
  restore(state: OptimizerState, parameters: ParameterTree): void;
  /** Frees the tensors that it holds. A fit calls it once, when it is done with it. */
  dispose(): void;
}

/**
 * Makes a fresh optimizer for every fit, so that two fits with the same options do not share moments, and after each
 * rollback.
 */
export interface OptimizerFactory {
  create(): Optimizer;
}
