export { choleskyFactor } from "./arrays/cholesky-factor.ts";
export { type HostRows, takeHostRows } from "./arrays/host-rows.ts";
export type { NdArray } from "./arrays/nd-array.ts";
export { isNdArray, ndArray } from "./arrays/nd-array.ts";
export { describeValue } from "./arrays/nested-list.ts";
export {
  type NumberRow,
  type ReadRowsOptions,
  type RowsLike,
  readEvents,
  readMatrix,
  readRows,
} from "./arrays/read-rows.ts";
export type { Shape } from "./arrays/shape.ts";
export { batchShapeOf, broadcastShapes, formatShape, shapesEqual, sizeOf } from "./arrays/shape.ts";
export type { TensorLike } from "./arrays/tensor-like.ts";
export { asTensor, checkRowDraws, requireBackend, requireSampling } from "./arrays/tensor-like.ts";
export { tensorValues } from "./arrays/tensor-values.ts";
export type { ConfigField, ConfigFields, ConfigVersion } from "./codec/class-codec.ts";
export { classCodec, field } from "./codec/class-codec.ts";
export type { AnyCodec, Codec, Json, ModelNode, Registry } from "./codec/codec.ts";
export { codecsIn, defineCodec } from "./codec/codec.ts";
export type { NumberBounds } from "./codec/config-reader.ts";
export { ConfigReader } from "./codec/config-reader.ts";
export { constructStored } from "./codec/construct-stored.ts";
export type { MapResult } from "./contracts/abstract-bijection.ts";
export { AbstractBijection } from "./contracts/abstract-bijection.ts";
export { AbstractElementwise } from "./contracts/abstract-elementwise.ts";
export { AbstractModule } from "./contracts/abstract-module.ts";
export type { Bijection, BijectionFamily, ValueAndLogDet } from "./contracts/bijection.ts";
export { isBijection, isBijectionFamily } from "./contracts/bijection.ts";
export type { AutoregressiveConditioner, AutoregressiveSteps, Conditioner } from "./contracts/conditioner.ts";
export { isAutoregressiveConditioner, isConditioner } from "./contracts/conditioner.ts";
export type { ConditionalDistribution, Distribution } from "./contracts/distribution.ts";
export { isConditionalDistribution, isDistribution } from "./contracts/distribution.ts";
export type { Module, ParameterTree } from "./contracts/module.ts";
export { disposeParameters, isModule, parameterCount, parameterTree } from "./contracts/module.ts";
export type { Parameter, ParameterOptions, ParameterValues } from "./contracts/parameter.ts";
export { parameter } from "./contracts/parameter.ts";
export type { LoopBody, LoopStep, Trace } from "./contracts/trace.ts";
export { currentTrace, withTrace } from "./contracts/trace.ts";
export type { Training } from "./contracts/training.ts";
export { currentTraining, withTraining } from "./contracts/training.ts";
export type { OptionNames } from "./errors/check-options.ts";
export { checkOptions, suggestedName } from "./errors/check-options.ts";
export type { ErrorData } from "./errors/error-data.ts";
export { errorFromData, errorToData } from "./errors/error-data.ts";
export type { DataLocation, DivergenceDetail, ModelFileReason } from "./errors/errors.ts";
export {
  BackendError,
  ContextError,
  DataError,
  DisposedError,
  DomainError,
  InverseNotAvailableError,
  MissingPackageError,
  ModelFileError,
  OptionError,
  PushforwardError,
  SaveError,
  ShapeError,
  TrainingDivergedError,
} from "./errors/errors.ts";
export type { MentionOptions, MessageParts, OptionMention } from "./errors/option-mention.ts";
export { mention } from "./errors/option-mention.ts";
export type { Key, Keys } from "./key.ts";
export { checkKey, createKey, keyFromWords, normalQuantile } from "./key.ts";
export type { AdamArithmetic, AdamSettings } from "./plan/adam-settings.ts";
export type { AffineForm, AffineSettings, ScaleMap } from "./plan/affine-settings.ts";
export type { Executor, PlanStepResult, PlanTrainer, PlanTrainerOptions, TapeTrainer } from "./plan/executor.ts";
export { currentExecutor, setExecutor } from "./plan/executor.ts";
export type { GaussianizationForm, GaussianizationSettings } from "./plan/gaussianization-settings.ts";
export type { Direction, LoweredAutoregressiveSteps, LoweredMap } from "./plan/lowered.ts";
export {
  checkPlanColumns,
  lowerBijection,
  lowerConditioner,
  lowerConditionerSteps,
  lowerDistribution,
  lowerFamily,
  lowerSample,
  sampleRecipe,
} from "./plan/lowering.ts";
export type {
  Activation,
  AutoregressiveStructure,
  ContextUse,
  NetworkLayer,
  NetworkLayerForm,
  NetworkSettings,
  PlannedLayer,
} from "./plan/network-settings.ts";
export type {
  Plan,
  PlanMatrix,
  PlanOrReason,
  RecipeOrReason,
  SampleRecipe,
  StepOutputs,
  StepParts,
} from "./plan/plan.ts";
export { buildPlan, makePlan, PlanBuilder, refuseToLower } from "./plan/plan.ts";
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
} from "./plan/plan-operations.ts";
export type {
  GaussianMixtureRecipe,
  MixtureRecipe,
  NormalRecipe,
  PushedRecipe,
  RecipeOf,
  StudentTRecipe,
} from "./plan/sample-recipe.ts";
export type { SplineForm, SplineSettings, SplineTails } from "./plan/spline-settings.ts";
export type { SumOfSquaresForm, SumOfSquaresSettings } from "./plan/sum-of-squares-settings.ts";
export { cpuSeconds } from "./run/cpu-seconds.ts";
export { mapEvents } from "./run/map-events.ts";
export { runToEnd } from "./run/run-to-end.ts";
export { runTogether } from "./run/run-together.ts";
export { TimeSlice } from "./run/time-slice.ts";
