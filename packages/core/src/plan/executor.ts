/// <reference lib="esnext.disposable" preserve="true" />
import * as tf from "@tensorflow/tfjs-core";
import type { Parameter } from "../contracts/parameter.ts";
import { currentTrace } from "../contracts/trace.ts";
import type { Plan } from "./plan.ts";

/** Runs plans on one backend. */
export interface Executor {
  /** Why it can't run a plan, or train it; undefined when it can. */
  refusal(plan: Plan, task: "run" | "train"): string | undefined;
  /** The outputs for inputs `[rows, columns]` of any number of rows, computed in parts that fit the caches. */
  run(plan: Plan, inputs: readonly tf.Tensor[]): tf.Tensor[];
  /** The same for inputs and outputs that are no tensors, which spares small runs most of their time. */
  runOnArrays(plan: Plan, inputs: readonly Float32Array[], rows: number): Float32Array[];
  /**
   * The same as one operation on the tape of tfjs, for plans that can be trained. Undefined where the tape would have to
   * keep too much.
   */
  runOnTape(plan: Plan, inputs: readonly tf.Tensor[]): tf.Tensor[] | undefined;
  /**
   * Creates the training state of a plan, for batches of up to `rows` rows; a promise if threads must start first. The plan has
   * one output with one column.
   */
  train(plan: Plan, options: PlanTrainerOptions): PlanTrainer | Promise<PlanTrainer>;
  /** The number of threads that {@link train} takes on this machine. */
  threads(plan: Plan, options: Omit<PlanTrainerOptions, "trained">): number;
  /** Creates the state of a training that uses gradients of the tape of tfjs. */
  trainOnTape(trained: Iterable<Parameter>): TapeTrainer;
}

/** Options of {@link Executor.train}. */
export interface PlanTrainerOptions {
  readonly rows: number;
  /** Parameters with gradients. */
  readonly trained: Iterable<Parameter>;
  /** Number of threads for the rows. Default: 1. Fewer if unavailable; `auto` uses all threads that are useful. */
  readonly threads?: number | "auto";
  /** Number of future steps, by which `"auto"` decides about threads. Default: 1. */
  readonly steps?: number;
}

/** The memory of a training plan. */
export interface PlanTrainer extends Disposable {
  /** True if its backend is active. */
  readonly isCurrent: boolean;
  /**
   * The outputs `[rows]` for inputs `[rows, columns]`, and the gradients of `Σ seed·output`. The trainer owns both; the next
   * step overwrites the values. Randomness follows the current training step, as in `withTraining`.
   *
   * @throws {BackendError} a thread has failed.
   */
  step(inputs: readonly Float32Array[], seed: Float32Array): PlanStepResult;
  dispose(): void;
}

/**
 * State of plans on the tape between training steps: working memory, and parameter gradients. The gradients bypass the
 * tape, which is slow with a large number of inputs.
 */
export interface TapeTrainer extends Disposable {
  /** True if its backend is active. */
  readonly isCurrent: boolean;
  /** Dependency of every plan on the tape, in place of its parameters: include it in the differentiation. */
  readonly anchor: tf.Tensor;
  /** Computes a loss, in the function that is being differentiated. */
  trace<T>(loss: () => T): T;
  /**
   * The gradients after the backward pass: for each trained parameter the sum over all plans, plus the gradient of the tape, if
   * any. The trainer owns the arrays; the next step overwrites the values.
   */
  collect(ofTape: ReadonlyMap<Parameter, tf.Tensor>): ReadonlyMap<Parameter, tf.Tensor>;
  dispose(): void;
}

/** Result of {@link PlanTrainer.step}. */
export interface PlanStepResult {
  readonly output: Float32Array;
  readonly gradients: ReadonlyMap<Parameter, tf.Tensor>;
}

const executors = new WeakMap<object, Executor>();

/** Registers the executor of a tfjs backend; without one every model is computed with tensors. */
export function setExecutor(backend: object, executor: Executor | undefined): void {
  if (executor === undefined) executors.delete(backend);
  else executors.set(backend, executor);
}

/** The executor of the running backend, if it has one; none where tensor operations are written down. */
export function currentExecutor(): Executor | undefined {
  return currentTrace() === undefined ? executors.get(tf.backend()) : undefined;
}
