export { describeValue, isNdArray } from "./arrays/nd-array.ts";
export { type NumberRow, type ReadRowsOptions, readEvents, readMatrix, readRows } from "./arrays/read-rows.ts";
export { batchShapeOf, broadcastShapes, formatShape, shapesEqual, sizeOf } from "./arrays/shape.ts";
export { asTensor, checkRowDraws, requireBackend, requireSampling, tensorValues } from "./arrays/tensor-like.ts";
export {
  type ConfigField,
  type ConfigFields,
  type ConfigVersion,
  classCodec,
  constructStored,
  field,
} from "./codec/class-codec.ts";
export { type AnyCodec, codecsIn, defineCodec, type ModelNode } from "./codec/codec.ts";
export { ConfigReader, type NumberBounds } from "./codec/config-reader.ts";
export { AbstractBijection, type MapResult } from "./contracts/abstract-bijection.ts";
export { AbstractElementwise } from "./contracts/abstract-elementwise.ts";
export { isBijection, isBijectionFamily } from "./contracts/bijection.ts";
export {
  type AutoregressiveConditioner,
  type AutoregressiveSteps,
  isAutoregressiveConditioner,
  isConditioner,
} from "./contracts/conditioner.ts";
export { isConditionalDistribution, isDistribution } from "./contracts/distribution.ts";
export { type AtContext, GivenContext } from "./contracts/given-context.ts";
export { AbstractModule, disposeParameters, isModule, parameterTree } from "./contracts/module.ts";
export { type ParameterOptions, type ParameterValues, parameter } from "./contracts/parameter.ts";
export { currentTrace, type LoopBody, type LoopStep, type Trace, withTrace } from "./contracts/trace.ts";
export { currentTraining, type Training, withTraining } from "./contracts/training.ts";
export { checkOptions, type OptionNames } from "./errors/check-options.ts";
export { type MentionOptions, type MessageParts, mention, type OptionMention } from "./errors/option-mention.ts";
export type { AdamArithmetic, AdamSettings } from "./host/adam-arithmetic.ts";
export { checkKey } from "./key.ts";
export {
  currentExecutor,
  type Executor,
  type PlanStepResult,
  type PlanTrainer,
  type PlanTrainerOptions,
  setExecutor,
  type TapeTrainer,
} from "./plan/executor.ts";
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
export {
  buildPlan,
  type Direction,
  type LoweredAutoregressiveSteps,
  type LoweredMap,
  makePlan,
  type Plan,
  PlanBuilder,
  type PlanMatrix,
  type PlanOrReason,
  type RecipeOrReason,
  refuseToLower,
  type SampleRecipe,
  type StepOutputs,
  type StepParts,
} from "./plan/plan.ts";
export type {
  AffineForm,
  AffineSettings,
  AtSlots,
  AutoregressiveStructure,
  BoxSettings,
  CellSettings,
  ContextUse,
  EmbeddingSettings,
  FixedMapSettings,
  GaussianizationSettings,
  GaussianMixtureRecipe,
  GaussianMixtureSettings,
  LearnedScale,
  MixtureRecipe,
  NetworkLayer,
  NetworkLayerForm,
  NetworkSettings,
  NormalRecipe,
  PlanData,
  PlannedLayer,
  PlanOperation,
  PlanOperations,
  PlanSettings,
  PlanStep,
  PlanStepOf,
  PushedRecipe,
  RecipeOf,
  ScaleMap,
  SplineForm,
  SplineSettings,
  SplineTails,
  StudentTRecipe,
  SumOfSquaresSettings,
} from "./plan/plan-data.ts";
