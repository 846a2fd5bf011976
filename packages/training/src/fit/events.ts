import { TrainingDivergedError } from "@pushforward/core";
import type { Progress } from "./checkpoint.ts";

/** Before the first step. */
export interface StartEvent {
  readonly type: "start";
  /** Steps already taken: 0, or those of the checkpoint that is resumed. */
  readonly step: number;
  /** Epochs, steps of an epoch and steps in all, if nothing stops the fit. */
  readonly epochs: number;
  readonly stepsPerEpoch: number;
  readonly totalSteps: number;
  readonly batchSize: number;
  readonly trainRows: number;
  readonly validationRows: number;
  /** Number of values that are trained. */
  readonly parameters: number;
  /** Of the model as it came: epoch 0. */
  readonly validationLoss?: number;
}

/** After each optimizer step. */
export interface StepEvent {
  readonly type: "step";
  /** Counted from 1. */
  readonly step: number;
  /** Counted from 1. */
  readonly epoch: number;
  /** Mean loss of the batch, before the step. */
  readonly loss: number;
  /** Euclidean norm of all gradients together, before clipping. */
  readonly gradientNorm: number;
  readonly learningRate: number;
}

/** After each epoch. With averaging, the model holds the averages until the consumer asks for the next event. */
export interface EpochEvent {
  readonly type: "epoch";
  readonly epoch: number;
  readonly step: number;
  /** Mean over the rows of the epoch, each with the weights of its step. */
  readonly trainLoss: number;
  /** Mean over the validation rows, with the weights after the epoch, or their averages. */
  readonly validationLoss?: number;
  /** True when the validation loss is the lowest so far, by more than `minImprovement`. */
  readonly improved: boolean;
  readonly bestEpoch?: number;
  readonly bestValidationLoss?: number;
  /** Of the last step. */
  readonly learningRate: number;
  /** Wall time of the fit so far, that before a resumed checkpoint included. */
  readonly seconds: number;
  /** Processor time of this process, where the platform tells. */
  readonly cpuSeconds?: number;
}

/** After a checkpoint was saved. */
export interface CheckpointEvent {
  readonly type: "checkpoint";
  readonly epoch: number;
  readonly step: number;
}

/** After the weights went back to the best ones, because no epoch improved on them for too long. */
export interface RollbackEvent {
  readonly type: "rollback";
  /** The last whole epoch. */
  readonly epoch: number;
  readonly step: number;
  /** The epoch whose weights the model has again. */
  readonly bestEpoch: number;
  /** What the rates of the schedule are multiplied by from now on. */
  readonly scale: number;
}

/**
 * Why a fit ended: all epochs or steps done, no improvement for `patience` epochs (with rollbacks, after the last of
 * them), the signal, or a loss or gradient that was not finite (then `train` throws after this event).
 */
export type StopReason = "completed" | "patience" | "aborted" | "diverged";

/** The end of a fit, as the `stop` event and as the result. */
export interface TrainResult {
  readonly reason: StopReason;
  /** Epochs begun and steps taken. */
  readonly epochs: number;
  readonly steps: number;
  /** Mean loss of the last whole epoch. */
  readonly trainLoss?: number;
  /** The epoch with the lowest validation loss; 0 is the model as it came. Absent without validation. */
  readonly bestEpoch?: number;
  readonly bestValidationLoss?: number;
  /** What the model holds now: the weights of `bestEpoch`, or the last ones whose loss was finite; averaged if asked for. */
  readonly weights: "best" | "last";
  readonly seconds: number;
  readonly cpuSeconds?: number;
}

/** The last event. The model holds its final weights. */
export interface StopEvent extends TrainResult {
  readonly type: "stop";
}

/** What `train` tells while it runs. */
export type TrainEvent = StartEvent | StepEvent | EpochEvent | RollbackEvent | CheckpointEvent | StopEvent;

/** Where a fit stands, as its loop counts it. */
export type FitProgress = { -readonly [K in keyof Progress]: Progress[K] };

/** The progress of a fit that begins. */
export function newProgress(): FitProgress {
  return {
    step: 0,
    epoch: 1,
    stepInEpoch: 0,
    lossSum: 0,
    rowCount: 0,
    trainLoss: null,
    bestEpoch: null,
    bestValidationLoss: null,
    epochsWithoutImprovement: 0,
    epochsSinceRollback: 0,
    rollbacks: 0,
    seconds: 0,
  };
}

/** Epoch and loss of the best weights so far, as events tell them; nothing without validation rows. */
export function bestSoFar({ bestEpoch, bestValidationLoss }: Progress): {
  bestEpoch?: number;
  bestValidationLoss?: number;
} {
  return bestEpoch === null || bestValidationLoss === null ? {} : { bestEpoch, bestValidationLoss };
}

/** Epochs begun. */
export function epochsBegun({ epoch, stepInEpoch }: Progress): number {
  return stepInEpoch === 0 ? epoch - 1 : epoch;
}

/** What was not finite, and where. */
export interface Divergence {
  readonly what: string;
  readonly loss: number;
  readonly parameter?: string | undefined;
  readonly step: number;
  readonly epoch: number;
  readonly learningRate: number;
  /** What the model holds now. */
  readonly weights: "unchanged" | "earlier" | "best";
}

/** The error of a fit that came to NaN or infinity, with the remedy. */
export function divergedError(divergence: Divergence): TrainingDivergedError {
  const { what, loss, parameter, step, epoch, learningRate, weights } = divergence;
  const subject = parameter === undefined ? what : `${what} of parameter ${parameter}`;
  const got = parameter === undefined ? String(loss) : "NaN or Infinity";
  const remedy =
    weights === "unchanged"
      ? "The model is unchanged. Check that it gives every row a density, and standardize the data."
      : `The model holds ${weights === "best" ? "its best" : "earlier"} weights. Lower the learning rate.`;
  return new TrainingDivergedError(
    `train: expected a finite ${subject}, got ${got} in step ${step}, epoch ${epoch}, at learning rate ${learningRate}. ${remedy}`,
    { step, epoch, learningRate, loss, ...(parameter === undefined ? {} : { parameter }) },
  );
}
