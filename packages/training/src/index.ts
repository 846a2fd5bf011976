export type { AdamOptions, AdamWOptions } from "./adam.ts";
export { adam, adamW } from "./adam.ts";
export type { AveragingOptions } from "./averages.ts";
export type { Batch } from "./batch.ts";
export type { Checkpoint, CheckpointMeta, FitIdentity, Progress } from "./checkpoint.ts";
export type {
  CheckpointEvent,
  EpochEvent,
  RollbackEvent,
  StartEvent,
  StepEvent,
  StopEvent,
  StopReason,
  TrainEvent,
  TrainResult,
} from "./events.ts";
export { fit } from "./fit.ts";
export type { CheckpointOptions, FitOptions, RollbackOptions } from "./fit-options.ts";
export type { Loss } from "./loss.ts";
export type { Optimizer, OptimizerFactory, OptimizerState, UpdateOptions, UpdateReport } from "./optimizer.ts";
export type { CosineOptions, Schedule } from "./schedule.ts";
export { constant, cosine, warmup } from "./schedule.ts";
export { train } from "./train.ts";
export type { TrainingData, TrainingSet } from "./training-data.ts";
