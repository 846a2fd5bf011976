export type { MapResult } from "./abstract-bijection.ts";
export { AbstractBijection } from "./abstract-bijection.ts";
export { AbstractElementwise } from "./abstract-elementwise.ts";
export { AbstractModule } from "./abstract-module.ts";
export type { AdamSettings } from "./adam-settings.ts";
export type { AffineForm, AffineSettings, ScaleMap } from "./affine-settings.ts";
export type { Bijection, BijectionFamily, ValueAndLogDet } from "./bijection.ts";
export { isBijection, isBijectionFamily } from "./bijection.ts";
export type { ConfigField, ConfigFields, ConfigVersion } from "./class-codec.ts";
export { classCodec, field } from "./class-codec.ts";
export type { AnyCodec, Codec, Json, ModelNode, Registry } from "./codec.ts";
export { codecsIn, defineCodec } from "./codec.ts";
export type { AutoregressiveConditioner, AutoregressiveSteps, Conditioner } from "./conditioner.ts";
export { isAutoregressiveConditioner, isConditioner } from "./conditioner.ts";
export type { NumberBounds } from "./config-reader.ts";
export { ConfigReader } from "./config-reader.ts";
export { constructStored } from "./construct-stored.ts";
export { cpuSeconds } from "./cpu-seconds.ts";
export type { ConditionalDistribution, Distribution } from "./distribution.ts";
export { isConditionalDistribution, isDistribution } from "./distribution.ts";
export type { DataLocation, DivergenceDetail, ModelFileReason } from "./errors.ts";
export {
  BackendError,
  ContextError,
  DataError,
  DisposedError,
  DomainError,
  InverseNotAvailableError,
  ModelFileError,
  OptionError,
  PushforwardError,
  SaveError,
  ShapeError,
  TrainingDivergedError,
} from "./errors.ts";
export type { Executor, PlanStepResult, PlanTrainer, PlanTrainerOptions, TapeTrainer } from "./executor.ts";
export { currentExecutor, setExecutor } from "./executor.ts";
export { type HostRows, takeHostRows } from "./host-rows.ts";
export type { Key, Keys } from "./key.ts";
export { checkKey, createKey, normalQuantile } from "./key.ts";
export type { Direction, LoweredAutoregressiveSteps, LoweredMap } from "./lowered.ts";
export {
  checkPlanColumns,
  lowerBijection,
  lowerConditioner,
  lowerConditionerSteps,
  lowerDistribution,
  lowerFamily,
} from "./lowering.ts";
export { mapEvents } from "./map-events.ts";
export type { Module, ParameterTree } from "./module.ts";
export { disposeParameters, isModule, parameterCount, parameterTree } from "./module.ts";
export type { NdArray } from "./nd-array.ts";
export { isNdArray, ndArray } from "./nd-array.ts";
export type {
  Activation,
  AutoregressiveStructure,
  ContextUse,
  NetworkLayer,
  NetworkLayerForm,
  NetworkSettings,
  PlannedLayer,
} from "./network-settings.ts";
export type { MentionOptions, MessageParts, OptionMention } from "./option-mention.ts";
export { mention } from "./option-mention.ts";
export type { Parameter, ParameterOptions, ParameterValues } from "./parameter.ts";
export { parameter } from "./parameter.ts";
export type { Plan, PlanMatrix, PlanOrReason, StepOutputs, StepParts } from "./plan.ts";
export { makePlan, PlanBuilder, refuseToLower } from "./plan.ts";
export type {
  AtSlots,
  BoxSettings,
  CellSettings,
  EmbeddingSettings,
  GaussianMixtureSettings,
  LearnedScale,
  PlanData,
  PlanOperation,
  PlanOperations,
  PlanSettings,
  PlanStep,
  PlanStepOf,
} from "./plan-operations.ts";
export { type NumberRow, type ReadRowsOptions, type RowsLike, readEvents, readMatrix, readRows } from "./read-rows.ts";
export { runToEnd } from "./run-to-end.ts";
export type { Shape } from "./shape.ts";
export { batchShapeOf, broadcastShapes, formatShape, shapesEqual, sizeOf } from "./shape.ts";
export type { SplineForm, SplineSettings, SplineTails } from "./spline-settings.ts";
export type { TensorLike } from "./tensor-like.ts";
export { asTensor, requireBackend } from "./tensor-like.ts";
export { TimeSlice } from "./time-slice.ts";
export type { Training } from "./training.ts";
export { currentTraining, withTraining } from "./training.ts";
