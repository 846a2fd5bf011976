import { TrainingDivergedError } from "@pushforward/core";
import type { Progress } from "./checkpoint.ts";

/** Before the first step. */
export interface StartEvent {
  readonly type: "start";
  /** Steps before this run: 0, or the steps of the resumed checkpoint. */
  readonly step: number;
  /** Maximum epochs, steps per epoch and total steps. */
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

/** After each epoch. With averaging, the model has the averages until the next event is requested. */
export interface EpochEvent {
  readonly type: "epoch";
  readonly epoch: number;
  readonly step: number;
  /** Mean over the rows of the epoch, each with the weights of its step. */
  readonly trainLoss: number;
  /** Mean over the validation rows, with the weights after the epoch, or their averages. */
  readonly validationLoss?: number;
  /** `true` if the validation loss is below all earlier ones, by more than `minImprovement`. */
  readonly improved: boolean;
  readonly bestEpoch?: number;
  readonly bestValidationLoss?: number;
  /** Of the last step. */
  readonly learningRate: number;
  /** Wall time of the fit, including the time before a resumed checkpoint. */
  readonly seconds: number;
  /** Processor time of this process, if available. */
  readonly cpuSeconds?: number;
}

/** After a checkpoint was saved. */
export interface CheckpointEvent {
  readonly type: "checkpoint";
  readonly epoch: number;
  readonly step: number;
}

/** After a rollback to the best weights on a plateau. */
export interface RollbackEvent {
  readonly type: "rollback";
  /** The last whole epoch. */
  readonly epoch: number;
  readonly step: number;
  /** The epoch of the restored weights. */
  readonly bestEpoch: number;
  /** Factor of the scheduled learning rate from now on. */
  readonly scale: number;
}

/**
 * Why a fit ended: all epochs or steps done, no improvement for `patience` epochs (with rollbacks, after the last one), the
 * signal, or a non-finite loss or gradient (then `train` throws after this event).
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
  /** Weights of the final model: of `bestEpoch`, or the last ones with a finite loss; averaged if requested. */
  readonly weights: "best" | "last";
  readonly seconds: number;
  readonly cpuSeconds?: number;
}

/** The last event. The model has its final weights. */
export interface StopEvent extends TrainResult {
  readonly type: "stop";
}

/** Events of `train`. */
export type TrainEvent = StartEvent | StepEvent | EpochEvent | RollbackEvent | CheckpointEvent | StopEvent;

/** Position of a fit in its loop. */
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

/** Epoch and loss of the best weights up to now; absent without validation rows. */
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

/** The non-finite quantity, and its place. */
export interface Divergence {
  readonly what: string;
  readonly loss: number;
  readonly parameter?: string | undefined;
  readonly step: number;
  readonly epoch: number;
  readonly learningRate: number;
  /** Current weights of the model. */
  readonly weights: "unchanged" | "earlier" | "best";
}

/** The error of a fit that came to NaN or infinity, with the remedy. */
export function divergedError(divergence: Divergence): TrainingDivergedError {
  const { what, loss, parameter, step, epoch, learningRate, weights } = divergence;
  const subject = parameter === undefined ? what : `${what} of parameter ${parameter}`;
  const got = parameter === undefined ? String(loss) : "NaN or Infinity";
  const remedy =
    weights === "unchanged"
      ? "The model is unchanged. Check that every row has a density, and standardize the data."
      : `The model holds ${weights === "best" ? "its best" : "earlier"} weights. Lower the learning rate.`;
  return new TrainingDivergedError(
    `train: expected a finite ${subject}, got ${got} in step ${step}, epoch ${epoch}, at learning rate ${learningRate}. ${remedy}`,
    { step, epoch, learningRate, loss, ...(parameter === undefined ? {} : { parameter }) },
  );
}
