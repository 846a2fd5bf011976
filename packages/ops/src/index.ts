export type { AdamArrays, AdamReport, AdamUpdateOptions } from "@pushforward/core/plain";
export { adamScratchSize, areAdamMoments, checkAdam, hostAdam, millsRatio, normalTail } from "@pushforward/core/plain";
export { cholesky, choleskySolve } from "./linear-algebra/cholesky.ts";
export { inverse, logAbsDet, solve } from "./linear-algebra/lu.ts";
export { matMul } from "./linear-algebra/matrix-stack.ts";
export {
  logAbsDetTriangular,
  type TriangleOptions,
  type TriangularSolveOptions,
  triangle,
  triangularSolve,
} from "./linear-algebra/triangle.ts";
export { bernoulliLogProb, bernoulliLogProbStep } from "./maths/bernoulli-log-prob.ts";
export {
  activate,
  activateWithSlope,
  clip,
  expm1,
  log1mexp,
  log1p,
  type SmoothActivation,
  safeWhere,
  softClip,
  softplus,
  softplusInverse,
  stopGradient,
  where,
} from "./maths/elementwise.ts";
export { iterate, randomSigns } from "./maths/iterate.ts";
export { patches, sumPatches } from "./maths/patches.ts";
export { cumulativeSum, logSumExp, overflowToMinusInfinity, sumRightmost } from "./maths/reductions.ts";
export {
  type ChebyshevSeries,
  chebyshevSeries,
  digamma,
  logGamma,
  millsSeries,
  scaledBessel,
} from "./maths/special-functions.ts";
export {
  binomialBand,
  chiSquaredTail,
  kolmogorovSmirnov,
  kolmogorovTail,
  type RegularizedGamma,
  regularizedBeta,
  regularizedGamma,
} from "./maths/tail-probabilities.ts";
export { AFFINE_FORM, type AffineOptions, type AffineSplineOptions, affine, affineSpline } from "./named/affine.ts";
export { cellComponent, cellLogProb, cellLogProbStep } from "./named/cell-log-prob.ts";
export type { ColumnSplineOptions, ColumnSplineParameters } from "./named/column-spline.ts";
export { columnSpline } from "./named/column-spline.ts";
export { embedding, embeddingStep } from "./named/embedding.ts";
export type { LuLinearOptions } from "./named/lu-linear.ts";
export { luLinear } from "./named/lu-linear.ts";
export { type NamedKernel, runNamedKernel } from "./named/named-kernel.ts";
export {
  type DroppingLayer,
  type NetworkAttributes,
  type NetworkDropout,
  type NetworkLayout,
  type NetworkOptions,
  network,
  withValues,
} from "./named/network.ts";
export { networkDivergence, networkTangents } from "./named/network-divergence.ts";
export {
  binShares,
  type RationalQuadraticSplineOptions,
  rationalQuadraticSpline,
  SPLINE_FORM,
  searchBin,
  selectBin,
} from "./named/rational-quadratic-spline.ts";
export { STANDARD_NORMAL_KERNEL, standardNormal, standardNormalLogProb } from "./named/standard-normal.ts";
export {
  PlanCache,
  type PlannedInput,
  type PlannedOutput,
  planLogProb,
  planned,
  plannedLogProb,
  planTask,
  runPlan,
  runPlanOnArrays,
  runsPlan,
} from "./plan/planned.ts";
export {
  columnsStep,
  fillColumnsStep,
  parameterRowsStep,
  replaceColumnsStep,
  standardNormalLogProbStep,
  sumColumnsStep,
} from "./steps/column-steps.ts";
export {
  type GaussianMixtureStep,
  gaussianMixturePerClassStep,
  gaussianMixtureStep,
  type MixtureStepWeights,
  mixtureLogProbStep,
  type StudentTStep,
  studentTLogProbStep,
} from "./steps/density-steps.ts";
export {
  affineSplineStep,
  affineStep,
  boxConstraintStep,
  type ColumnSplineStep,
  columnSplineStep,
  constantScaleStep,
  fixedMapStep,
  gaussianizationStep,
  type LearnedScaleStep,
  type LuLinearStep,
  learnedScaleStep,
  luLinearStep,
  rationalQuadraticSplineStep,
  rotationStep,
  type SinhArcsinhStep,
  shiftStep,
  sinhArcsinhStep,
  sumOfSquaresStep,
} from "./steps/elementwise-steps.ts";
export {
  type AutoregressiveStepsOptions,
  autoregressiveSteps,
  type NetworkStepLayer,
  type NetworkStepOptions,
  networkStep,
} from "./steps/network-steps.ts";
export { broadcastIndices } from "./tfjs/broadcast-indices.ts";
export { gradientOverrides } from "./tfjs/gradient-overrides.ts";
export {
  callKernel,
  type KernelCall,
  kernelFunc,
  listGradient,
  runKernel,
  type TypedKernel,
  unshare,
  withoutGradient,
} from "./tfjs/kernel-call.ts";
export type { KernelObserver } from "./tfjs/observe-kernels.ts";
export { observeKernels } from "./tfjs/observe-kernels.ts";
export { nestedGradients, pruneTape, releaseTape } from "./tfjs/tape.ts";
export { ADAM_KERNEL, type AdamCall, type AdamTarget, adamUpdate } from "./updates/adam-update.ts";
export {
  AVERAGE_KERNEL,
  type AverageArithmetic,
  averageUpdate,
  EXCHANGE_KERNEL,
  exchangeValues,
  hostAverage,
} from "./updates/average-update.ts";
