// What needs no tensors: keys, errors, plans as data, and arithmetic on arrays. Nothing here imports TensorFlow.js, nor its types.

export { type HostRows, isNdArray, type NdArray, ndArray, takeHostRows } from "./arrays/nd-array.ts";
export type { Shape } from "./arrays/shape.ts";
export { formatShape, sizeOf } from "./arrays/shape.ts";
export type { Json } from "./codec/codec.ts";
export { ConfigReader } from "./codec/config-reader.ts";
export { suggestedName } from "./errors/check-options.ts";
export type { ErrorData } from "./errors/error-data.ts";
export { errorFromData, errorToData } from "./errors/error-data.ts";
export type { ModelFileReason } from "./errors/errors.ts";
export {
  BackendError,
  InverseNotAvailableError,
  ModelFileError,
  OptionError,
  PushforwardError,
  ShapeError,
  TrainingDivergedError,
} from "./errors/errors.ts";
export { type AdamArithmetic, type AdamSettings, hostAdam } from "./host/adam-arithmetic.ts";
export type { AdamArrays, AdamReport, AdamUpdateOptions } from "./host/adam-check.ts";
export { adamScratchSize, areAdamMoments, checkAdam } from "./host/adam-check.ts";
export { chiSquaredDraws, gammaProposal } from "./host/gamma-draws.ts";
export { type GaussianArrays, gaussianNumbers, type MixtureNumbers } from "./host/gaussian-numbers.ts";
export {
  logNormalCdf,
  logNormalInterval,
  millsRatio,
  normalCdf,
  normalQuantileOfLog,
  normalTail,
} from "./host/normal.ts";
export {
  areaUnderCurve,
  type ComponentOrder,
  componentAt,
  cumulativeWeights,
  type EpochOrder,
  epochOrder,
  logAddExp,
  logSumExp,
  meanLoss,
  meanLossSeed,
  orderByComponent,
  quantile,
  softmax,
  stepsPerEpoch,
} from "./host/numbers.ts";
export type { CosineScheduleOptions, Schedule } from "./host/schedule.ts";
export { constantSchedule, cosineSchedule, warmupSchedule } from "./host/schedule.ts";
export {
  checkLowerFactor,
  choleskyFactor,
  eachMatrix,
  invertLower,
  type LowerFactor,
  logDiagonalSum,
} from "./host/triangular-factor.ts";
export type { Key, Keys } from "./key.ts";
export { createKey, keyFromWords, normalQuantile } from "./key.ts";
export type { Field, Fields, StepSizes } from "./plan/operation-data.ts";
export {
  type Activation,
  type AffineForm,
  type AffineSettings,
  type AtSlots,
  type AutoregressiveStructure,
  type BoxSettings,
  type CellSettings,
  type ContextUse,
  checkedSizes,
  type EmbeddingSettings,
  expectSizes,
  type FixedMapSettings,
  type GaussianizationForm,
  type GaussianizationSettings,
  type GaussianMixtureRecipe,
  type GaussianMixtureSettings,
  hasGradient,
  type LearnedScale,
  type MixtureRecipe,
  type NetworkLayer,
  type NetworkLayerForm,
  type NetworkSettings,
  type NormalRecipe,
  operationData,
  type PlanData,
  type PlannedLayer,
  type PlanOperation,
  type PlanOperations,
  type PlanSettings,
  type PlanStep,
  type PlanStepOf,
  type PushedRecipe,
  type RecipeOf,
  type ScaleMap,
  type SplineForm,
  type SplineSettings,
  type SplineTails,
  type StudentTRecipe,
  type SumOfSquaresForm,
  type SumOfSquaresSettings,
  settingsOf,
} from "./plan/plan-data.ts";
export { cpuSeconds, mapEvents, runToEnd, runTogether } from "./run/run-together.ts";
export { TimeSlice } from "./run/time-slice.ts";
export type { WorkerEnd, WorkerHandle, WorkerPort } from "./workers/worker-link.ts";
export { isWorker, nodeWorker, serveWorker, WorkerLink } from "./workers/worker-link.ts";
export type { Answered, RequestOptions, WorkerPoolOptions } from "./workers/worker-pool.ts";
export { serveRequests, WorkerPool } from "./workers/worker-pool.ts";
