export {
  type CosineScheduleOptions,
  constantSchedule,
  cosineSchedule,
  type Schedule,
  warmupSchedule,
} from "@pushforward/core/plain";
export type { RowStream } from "./data/streamed-source.ts";
export type { Batch, TrainingData, TrainingSet } from "./data/training-data.ts";
export type { AveragingOptions } from "./fit/averages.ts";
export type { Checkpoint, CheckpointMeta, FitIdentity, Progress } from "./fit/checkpoint.ts";
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
} from "./fit/events.ts";
export { train, trainEvents } from "./fit/train.ts";
export type { CheckpointOptions, RollbackOptions, TrainOptions } from "./fit/train-options.ts";
export { type ContrastiveLossOptions, contrastiveLoss, type Loss } from "./loss/loss.ts";
export { type AdamOptions, type AdamWOptions, adam, adamW } from "./optimizer/adam.ts";
export type {
  Optimizer,
  OptimizerFactory,
  OptimizerState,
  UpdateOptions,
  UpdateReport,
} from "./optimizer/optimizer.ts";
