import type { Tensor } from "@tensorflow/tfjs-core";
import type { LoweredAutoregressiveSteps, PlanBuilder, PlanMatrix } from "../plan/plan.ts";
import { isModule, type Module } from "./module.ts";

/**
 * A network that maps an input `[...batch, inputSize]` and a context to numbers `[...batch, outputSize]`. An image
 * network maps `[...batch, height, width, inputSize]` to `[...batch, height, width, outputSize]`.
 */
export interface Conditioner extends Module {
  /** Number of axes of an input and an output; the last ones are `inputSize` and `outputSize`. Default: 1. */
  readonly eventRank?: number;
  readonly inputSize: number;
  readonly outputSize: number;
  /** Size of the context vector; 0: it takes none and refuses one. */
  readonly contextSize: number;
  /** It reads NaN as a number that is missing. Default: false. */
  readonly acceptsMissing?: boolean;
  apply(x: Tensor, context?: Tensor): Tensor;
  /** Adds the computation of {@link apply} to a plan. */
  lower?(plan: PlanBuilder, x: PlanMatrix, context?: PlanMatrix): PlanMatrix;
}

/**
 * A conditioner with outputs for variable i that depend only on earlier variables in `order`, and on the context. Outputs are
 * grouped by variable: `outputSize = inputSize × outputsPerVariable`, variable 0 first.
 */
export interface AutoregressiveConditioner extends Conditioner {
  /**
   * `order[i]` is the rank of variable i: 0 for a variable that depends on no other variable. Variables of equal rank
   * do not depend on each other, and no rank is left out.
   */
  readonly order: readonly number[];
  readonly outputsPerVariable: number;
  /** Starts to generate a batch one rank at a time. */
  begin(batchSize: number, context?: Tensor): AutoregressiveSteps;
  /** Begins to add the same to a plan. */
  lowerSteps?(plan: PlanBuilder, context?: PlanMatrix): LoweredAutoregressiveSteps;
}

/**
 * Evaluates the network one rank after the other, in order. All steps together may cost as little as a single `apply`,
 * because results from earlier variables are kept. The tensors live in the caller's `tf.tidy`.
 */
export interface AutoregressiveSteps {
  /**
   * The outputs `[batchSize, count · outputsPerVariable]` for the `count` variables of the next rank, in the order of the
   * variables. `previous` are the values `[batchSize, count]` of the previous rank, absent for the first.
   */
  next(previous?: Tensor): Tensor;
}

/** True for a value with the methods of a {@link Conditioner}. */
export function isConditioner(value: unknown): value is Conditioner {
  return isModule(value) && "apply" in value && "outputSize" in value;
}

/** True for a conditioner that is autoregressive. */
export function isAutoregressiveConditioner(value: unknown): value is AutoregressiveConditioner {
  return isConditioner(value) && "order" in value && "begin" in value;
}
