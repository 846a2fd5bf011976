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
  /**
   * The same as one operation on the tape of tfjs, for plans that can be trained. Undefined where the tape would have to
   * keep too much.
   */
  runOnTape(plan: Plan, inputs: readonly tf.Tensor[]): tf.Tensor[] | undefined;
  /**
   * Makes what training needs, for batches of up to `rows` rows; a promise where threads have to start first. The plan
   * has one output, of one column.
   */
  train(plan: Plan, options: PlanTrainerOptions): PlanTrainer | Promise<PlanTrainer>;
  /** The number of threads that {@link train} takes on this machine. */
  threads(plan: Plan, options: Omit<PlanTrainerOptions, "trained">): number;
  /** Makes what a training keeps that takes its gradients by the tape of tfjs. */
  trainOnTape(trained: Iterable<Parameter>): TapeTrainer;
}

/** Options of {@link Executor.train}. */
export interface PlanTrainerOptions {
  readonly rows: number;
  /** Those whose gradients are wanted. */
  readonly trained: Iterable<Parameter>;
  /** Threads that share the rows: 1. Where there can't be as many there are fewer; `auto`: as many as are worth it. */
  readonly threads?: number | "auto";
  /** Number of steps to come, from which `"auto"` decides whether threads are worth their start. Default: 1. */
  readonly steps?: number;
}

/** The memory of a training plan. */
export interface PlanTrainer extends Disposable {
  /** Whether the backend that it lives on is the running one. */
  readonly isCurrent: boolean;
  /**
   * The outputs `[rows]` for inputs `[rows, columns]`, and the gradients of `Σ seed·output`. They belong to the trainer
   * and change with the next step. What is random in it follows the step of training that runs, as in `withTraining`.
   *
   * @throws {BackendError} a thread has failed.
   */
  step(inputs: readonly Float32Array[], seed: Float32Array): PlanStepResult;
  dispose(): void;
}

/**
 * What plans on the tape keep from one step of a training to the next: the memory that they compute in, and the gradients
 * of parameters. These do not go over the tape, which is slow with many inputs, but come beside it.
 */
export interface TapeTrainer extends Disposable {
  /** Whether the backend that it lives on is the running one. */
  readonly isCurrent: boolean;
  /** What every plan on the tape depends on, in place of its parameters: differentiate with respect to it too. */
  readonly anchor: tf.Tensor;
  /** Computes a loss, in the function that is being differentiated. */
  trace<T>(loss: () => T): T;
  /**
   * The gradients after the backward pass: of each trained parameter those of all plans, and that of the tape where it has
   * one. They belong to the trainer and change with the next step.
   */
  collect(ofTape: ReadonlyMap<Parameter, tf.Tensor>): ReadonlyMap<Parameter, tf.Tensor>;
  dispose(): void;
}

/** What {@link PlanTrainer.step} gives. */
export interface PlanStepResult {
  readonly output: Float32Array;
  readonly gradients: ReadonlyMap<Parameter, tf.Tensor>;
}

const executors = new WeakMap<object, Executor>();

/** Gives a backend, as tfjs knows it, an executor; without one every model is computed with tensors. */
export function setExecutor(backend: object, executor: Executor | undefined): void {
  if (executor === undefined) executors.delete(backend);
  else executors.set(backend, executor);
}

/** The executor of the running backend, if it has one; none where tensor operations are written down. */
export function currentExecutor(): Executor | undefined {
  return currentTrace() === undefined ? executors.get(tf.backend()) : undefined;
}
