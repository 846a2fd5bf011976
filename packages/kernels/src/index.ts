export type { CopyPartSizes, Nonlinearity } from "./families/arrays.ts";
export type { KernelRecorder, Kernels, WasmKernels } from "./families/kernels.ts";
export {
  type LinearFinish,
  type LinearLayer,
  type LinearPartSizes,
  type LinearSizes,
  linearScratchSize,
} from "./families/linear.ts";
export {
  type StridedAffine,
  type StridedSpline,
  splineParameterCount,
  splineSavedSize,
  splineScratchSize,
  sumOfSquaresScratchSize,
} from "./families/maps.ts";
export {
  type MixtureArrays,
  type MixtureFactors,
  type MixtureGradients,
  type MixtureSizes,
  mixtureScratchSize,
  mixtureSharesSize,
  mixtureWeightsSize,
} from "./families/mixture.ts";
export {
  gaussianizationScratchSize,
  NORMALS_SCRATCH_SIZE,
  type SinhArcsinhGradients,
  type SinhArcsinhMap,
  sinhArcsinhScratchSize,
} from "./families/normals.ts";
export type { ColumnSplineGradients, ColumnSplines, ColumnSplineWorkspace } from "./maps/column-spline.ts";
export { columnSplineBackward, columnSplineForward, columnSplineWorkspace } from "./maps/column-spline.ts";
export type { LuLinear, LuLinearFactors, LuLinearGradients } from "./maps/lu-linear.ts";
export { luLinearBackward, luLinearFactors, luLinearForward, luLinearWorkspace } from "./maps/lu-linear.ts";
export type { AutoregressiveInput, AutoregressiveWorkspace } from "./network/autoregressive-steps.ts";
export { ArrayAutoregressiveSteps, autoregressiveWorkspace } from "./network/autoregressive-steps.ts";
export { linearRanges, linearRangesSize } from "./network/linear-ranges.ts";
export type { ArrayLayer, Network, NetworkGradients, NetworkInput, NetworkWorkspace } from "./network/network.ts";
export { networkBackward, networkForward, networkWorkspace } from "./network/network.ts";
export {
  inferenceLayout,
  LARGEST_CHUNK,
  type Place,
  type PlanGradients,
  type PlanLayout,
  planGradients,
  planKeys,
  planLayout,
  type StepGradients,
} from "./plan/plan-layout.ts";
export type { PlanArrays } from "./plan/plan-run.ts";
export { PlanRun } from "./plan/plan-run.ts";
export { scalarKernels } from "./scalar/scalar-kernels.ts";
export {
  type BoundStep,
  KEY_SIZE,
  type PlanDraws,
  type StepCall,
  type StepKind,
  type StepShape,
} from "./steps/step-kind.ts";
export { stepKinds } from "./steps/step-kinds.ts";
export { largestShare, rowShares } from "./workers/row-shares.ts";
