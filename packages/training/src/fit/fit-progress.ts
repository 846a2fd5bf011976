import type { Progress } from "./checkpoint.ts";

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
