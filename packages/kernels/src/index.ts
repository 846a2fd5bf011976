export type { Nonlinearity } from "./activation.ts";
export type { ColumnSplineGradients, ColumnSplines, ColumnSplineWorkspace } from "./column-spline.ts";
export { columnSplineBackward, columnSplineForward, columnSplineWorkspace } from "./column-spline.ts";
export type {
  CopyPartSizes,
  KernelRecorder,
  Kernels,
  LinearFinish,
  LinearLayer,
  LinearPartSizes,
  LinearSizes,
  MixtureArrays,
  MixtureFactors,
  MixtureGradients,
  MixtureSizes,
  StridedAffine,
  StridedSpline,
  WasmKernels,
} from "./kernels.ts";
export {
  linearScratchSize,
  mixtureScratchSize,
  mixtureSharesSize,
  mixtureWeightsSize,
  NORMALS_SCRATCH_SIZE,
  splineParameterCount,
  splineSavedSize,
  splineScratchSize,
} from "./kernels.ts";
export { linearRanges, linearRangesSize } from "./linear-ranges.ts";
export type { LuLinear, LuLinearFactors, LuLinearGradients } from "./lu-linear.ts";
export { luLinearBackward, luLinearFactors, luLinearForward, luLinearWorkspace } from "./lu-linear.ts";
export type { ArrayLayer, Network, NetworkGradients, NetworkInput, NetworkWorkspace } from "./network.ts";
export { networkBackward, networkForward, networkWorkspace } from "./network.ts";
export type { AutoregressiveInput, AutoregressiveWorkspace } from "./network-steps.ts";
export { ArrayAutoregressiveSteps, autoregressiveWorkspace } from "./network-steps.ts";
export type { PlanDraws } from "./plan-draws.ts";
export { KEY_SIZE } from "./plan-draws.ts";
export type { PlanGradients, StepGradients } from "./plan-gradients.ts";
export { planGradients } from "./plan-gradients.ts";
export { planKeys } from "./plan-keys.ts";
export type { Place, PlanLayout } from "./plan-layout.ts";
export { planLayout } from "./plan-layout.ts";
export type { PlanArrays } from "./plan-run.ts";
export { PlanRun } from "./plan-run.ts";
export { largestShare, rowShares } from "./row-shares.ts";
export { scalarKernels } from "./scalar-kernels.ts";
export type { BoundStep, StepCall, StepKind, StepShape } from "./step-kind.ts";
export { stepKinds } from "./step-kinds.ts";
