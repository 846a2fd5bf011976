export { isNdArray } from "./arrays/nd-array.ts";
export { describeValue } from "./arrays/nested-list.ts";
export { type NumberRow, type ReadRowsOptions, readEvents, readMatrix, readRows } from "./arrays/read-rows.ts";
export { batchShapeOf, broadcastShapes, formatShape, shapesEqual, sizeOf } from "./arrays/shape.ts";
export { asTensor, checkRowDraws, requireBackend, requireSampling } from "./arrays/tensor-like.ts";
export { tensorValues } from "./arrays/tensor-values.ts";
export { type ConfigField, type ConfigFields, type ConfigVersion, classCodec, field } from "./codec/class-codec.ts";
export { type AnyCodec, codecsIn, defineCodec, type ModelNode } from "./codec/codec.ts";
export { ConfigReader, type NumberBounds } from "./codec/config-reader.ts";
export { constructStored } from "./codec/construct-stored.ts";
export { AbstractBijection, type MapResult } from "./contracts/abstract-bijection.ts";
export { AbstractElementwise } from "./contracts/abstract-elementwise.ts";
export { AbstractModule } from "./contracts/abstract-module.ts";
export { isBijection, isBijectionFamily } from "./contracts/bijection.ts";
export {
  type AutoregressiveConditioner,
  type AutoregressiveSteps,
  isAutoregressiveConditioner,
  isConditioner,
} from "./contracts/conditioner.ts";
export { isConditionalDistribution, isDistribution } from "./contracts/distribution.ts";
export { type AtContext, GivenContext } from "./contracts/given-context.ts";
export { disposeParameters, isModule, parameterTree } from "./contracts/module.ts";
export { type ParameterOptions, type ParameterValues, parameter } from "./contracts/parameter.ts";
export { currentTrace, type LoopBody, type LoopStep, type Trace, withTrace } from "./contracts/trace.ts";
export { currentTraining, type Training, withTraining } from "./contracts/training.ts";
export { checkOptions, type OptionNames } from "./errors/check-options.ts";
export { type MentionOptions, type MessageParts, mention, type OptionMention } from "./errors/option-mention.ts";
export { checkKey } from "./key.ts";
export type { AdamArithmetic, AdamSettings } from "./plan/adam-settings.ts";
export {
  currentExecutor,
  type Executor,
  type PlanStepResult,
  type PlanTrainer,
  type PlanTrainerOptions,
  setExecutor,
  type TapeTrainer,
} from "./plan/executor.ts";
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
export {
  buildPlan,
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
  GaussianMixtureSettings,
  LearnedScale,
  NetworkLayer,
  NetworkLayerForm,
  NetworkSettings,
  PlanData,
  PlannedLayer,
  PlanOperation,
  PlanOperations,
  PlanSettings,
  PlanStep,
  PlanStepOf,
  ScaleMap,
  SplineForm,
  SplineSettings,
  SplineTails,
  SumOfSquaresSettings,
} from "./plan/plan-data.ts";
export type {
  GaussianMixtureRecipe,
  MixtureRecipe,
  NormalRecipe,
  PushedRecipe,
  RecipeOf,
  StudentTRecipe,
} from "./plan/sample-recipe.ts";
