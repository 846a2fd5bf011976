export type { Nonlinearity } from "./families/activation.ts";
export type { StridedAffine } from "./families/affine.ts";
export type { CopyPartSizes } from "./families/columns.ts";
export { gaussianizationScratchSize } from "./families/gaussianization.ts";
export type { KernelRecorder, Kernels, WasmKernels } from "./families/kernels.ts";
export {
  type LinearFinish,
  type LinearLayer,
  type LinearPartSizes,
  type LinearSizes,
  linearScratchSize,
} from "./families/linear.ts";
export {
  type MixtureArrays,
  type MixtureFactors,
  type MixtureGradients,
  type MixtureSizes,
  mixtureScratchSize,
  mixtureSharesSize,
  mixtureWeightsSize,
} from "./families/mixture.ts";
export { NORMALS_SCRATCH_SIZE } from "./families/normals.ts";
export { type SinhArcsinhGradients, type SinhArcsinhMap, sinhArcsinhScratchSize } from "./families/sinh-arcsinh.ts";
export { type StridedSpline, splineParameterCount, splineSavedSize, splineScratchSize } from "./families/spline.ts";
export { sumOfSquaresScratchSize } from "./families/sum-of-squares.ts";
export type { ColumnSplineGradients, ColumnSplines, ColumnSplineWorkspace } from "./maps/column-spline.ts";
export { columnSplineBackward, columnSplineForward, columnSplineWorkspace } from "./maps/column-spline.ts";
export type { LuLinear, LuLinearFactors, LuLinearGradients } from "./maps/lu-linear.ts";
export { luLinearBackward, luLinearFactors, luLinearForward, luLinearWorkspace } from "./maps/lu-linear.ts";
export type { AutoregressiveInput, AutoregressiveWorkspace } from "./network/autoregressive-steps.ts";
export { ArrayAutoregressiveSteps, autoregressiveWorkspace } from "./network/autoregressive-steps.ts";
export { linearRanges, linearRangesSize } from "./network/linear-ranges.ts";
export type { ArrayLayer, Network, NetworkGradients, NetworkInput, NetworkWorkspace } from "./network/network.ts";
export { networkBackward, networkForward, networkWorkspace } from "./network/network.ts";
export { inferenceLayout, LARGEST_CHUNK } from "./plan/inference-layout.ts";
export type { PlanDraws } from "./plan/plan-draws.ts";
export { KEY_SIZE } from "./plan/plan-draws.ts";
export type { PlanGradients, StepGradients } from "./plan/plan-gradients.ts";
export { planGradients } from "./plan/plan-gradients.ts";
export { planKeys } from "./plan/plan-keys.ts";
export type { Place, PlanLayout } from "./plan/plan-layout.ts";
export { planLayout } from "./plan/plan-layout.ts";
export type { PlanArrays } from "./plan/plan-run.ts";
export { PlanRun } from "./plan/plan-run.ts";
export { scalarKernels } from "./scalar/scalar-kernels.ts";
export type { BoundStep, StepCall, StepKind, StepShape } from "./steps/step-kind.ts";
export { stepKinds } from "./steps/step-kinds.ts";
export { largestShare, rowShares } from "./workers/row-shares.ts";
