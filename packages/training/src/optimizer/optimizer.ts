import type { ParameterTree } from "@pushforward/core";
import type { Tensor } from "@tensorflow/tfjs-core";

/** State of an optimizer, as plain data. */
export interface OptimizerState {
  /** Number of past updates. */
  readonly step: number;
  /** For instance moments, under names of the optimizer's choice. */
  readonly arrays: ReadonlyMap<string, Float32Array>;
}

/** Options of an update. */
export interface UpdateOptions {
  readonly learningRate: number;
  /** Gradients are scaled down to this Euclidean norm over all parameters together; absent: they are not. */
  readonly clipNorm?: number | undefined;
  /** Learning rate factor by parameter path; absent: 1. */
  readonly learningRateMultipliers?: ReadonlyMap<string, number> | undefined;
}

/** Results of an update. */
export interface UpdateReport {
  /** Euclidean norm of all gradients together, before clipping. */
  readonly gradientNorm: number;
  /**
   * The first parameter with a gradient or a new value that is not finite. In this case the update changed no parameter
   * and no state of the optimizer.
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
   * Continues from a state.
   *
   * @throws {OptionError} the state does not fit the parameters.
   */
  restore(state: OptimizerState, parameters: ParameterTree): void;
  /** Frees its tensors. A fit calls it once, when it no longer needs the optimizer. */
  dispose(): void;
}

/**
 * Makes a fresh optimizer for every fit, so that two fits with the same options do not share moments, and after each
 * rollback.
 */
export interface OptimizerFactory {
  create(): Optimizer;
}
