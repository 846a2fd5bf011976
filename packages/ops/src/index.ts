export type { AdamArrays, AdamReport, AdamUpdateOptions } from "@pushforward/core/plain";
export { adamScratchSize, areAdamMoments, checkAdam, hostAdam, millsRatio, normalTail } from "@pushforward/core/plain";
export { cholesky } from "./linear-algebra/cholesky.ts";
export { choleskySolve } from "./linear-algebra/cholesky-solve.ts";
export { inverse } from "./linear-algebra/inverse.ts";
export { logAbsDet } from "./linear-algebra/log-abs-det.ts";
export { logAbsDetTriangular } from "./linear-algebra/log-abs-det-triangular.ts";
export { matMul } from "./linear-algebra/mat-mul.ts";
export { solve } from "./linear-algebra/solve.ts";
export type { TriangleOptions } from "./linear-algebra/triangle.ts";
export { triangle } from "./linear-algebra/triangle.ts";
export type { TriangularSolveOptions } from "./linear-algebra/triangular-solve.ts";
export { triangularSolve } from "./linear-algebra/triangular-solve.ts";
export type { SmoothActivation } from "./maths/activate.ts";
export { activate, activateWithSlope } from "./maths/activate.ts";
export { bernoulliLogProb, bernoulliLogProbStep } from "./maths/bernoulli-log-prob.ts";
export { type ChebyshevSeries, chebyshevSeries } from "./maths/chebyshev-series.ts";
export { clip } from "./maths/clip.ts";
export { cumulativeSum } from "./maths/cumulative-sum.ts";
export { digamma } from "./maths/digamma.ts";
export { expm1 } from "./maths/expm1.ts";
export { iterate } from "./maths/iterate.ts";
export { logGamma } from "./maths/log-gamma.ts";
export { logSumExp } from "./maths/log-sum-exp.ts";
export { log1mexp } from "./maths/log1mexp.ts";
export { log1p } from "./maths/log1p.ts";
export { millsSeries } from "./maths/mills-series.ts";
export { overflowToMinusInfinity } from "./maths/overflow-to-minus-infinity.ts";
export { binomialBand, chiSquaredTail, kolmogorovSmirnov, kolmogorovTail } from "./maths/p-values.ts";
export { patches, sumPatches } from "./maths/patches.ts";
export { randomSigns } from "./maths/random-signs.ts";
export { regularizedBeta } from "./maths/regularized-beta.ts";
export { type RegularizedGamma, regularizedGamma } from "./maths/regularized-gamma.ts";
export { scaledBessel } from "./maths/scaled-bessel.ts";
export { softplus } from "./maths/softplus.ts";
export { softplusInverse } from "./maths/softplus-inverse.ts";
export { stopGradient } from "./maths/stop-gradient.ts";
export { sumRightmost } from "./maths/sum-rightmost.ts";
export { safeWhere, where } from "./maths/where.ts";
export type { AffineOptions } from "./named/affine.ts";
export { affine } from "./named/affine.ts";
export { AFFINE_FORM } from "./named/affine-form.ts";
export type { AffineSplineOptions } from "./named/affine-spline.ts";
export { affineSpline } from "./named/affine-spline.ts";
export { binShares } from "./named/bin-shares.ts";
export { cellComponent, cellLogProb, cellLogProbStep } from "./named/cell-log-prob.ts";
export type { ColumnSplineOptions, ColumnSplineParameters } from "./named/column-spline.ts";
export { columnSpline } from "./named/column-spline.ts";
export type { NetworkDropout } from "./named/dropout.ts";
export { embedding, embeddingStep } from "./named/embedding.ts";
export type { LuLinearOptions } from "./named/lu-linear.ts";
export { luLinear } from "./named/lu-linear.ts";
export type { NamedKernel } from "./named/named-kernel.ts";
export { runNamedKernel } from "./named/named-kernel.ts";
export type { NetworkAttributes, NetworkOptions } from "./named/network.ts";
export { network } from "./named/network.ts";
export { networkDivergence } from "./named/network-divergence.ts";
export type { DroppingLayer, NetworkLayout } from "./named/network-layout.ts";
export { withValues } from "./named/network-layout.ts";
export { networkTangents } from "./named/network-tangents.ts";
export type { RationalQuadraticSplineOptions } from "./named/rational-quadratic-spline.ts";
export { rationalQuadraticSpline } from "./named/rational-quadratic-spline.ts";
export { searchBin, selectBin } from "./named/search-bin.ts";
export { softClip } from "./named/soft-clip.ts";
export { SPLINE_FORM } from "./named/spline-form.ts";
export { STANDARD_NORMAL_KERNEL, standardNormal } from "./named/standard-normal.ts";
export { standardNormalLogProb } from "./named/standard-normal-log-prob.ts";
export { PlanCache } from "./plan/plan-cache.ts";
export { planLogProb } from "./plan/plan-log-prob.ts";
export { planned, plannedLogProb } from "./plan/planned.ts";
export type { PlannedInput, PlannedOutput } from "./plan/run-plan.ts";
export { planTask, runPlan, runsPlan } from "./plan/run-plan.ts";
export type { AutoregressiveStepsOptions } from "./steps/autoregressive-steps.ts";
export { autoregressiveSteps } from "./steps/autoregressive-steps.ts";
export type { ColumnSplineStep } from "./steps/column-spline-step.ts";
export { columnSplineStep } from "./steps/column-spline-step.ts";
export {
  columnsStep,
  fillColumnsStep,
  parameterRowsStep,
  replaceColumnsStep,
  standardNormalLogProbStep,
  sumColumnsStep,
} from "./steps/column-steps.ts";
export type { LearnedScaleStep } from "./steps/elementwise-steps.ts";
export {
  affineSplineStep,
  affineStep,
  boxConstraintStep,
  constantScaleStep,
  fixedMapStep,
  gaussianizationStep,
  learnedScaleStep,
  rationalQuadraticSplineStep,
  shiftStep,
  sumOfSquaresStep,
} from "./steps/elementwise-steps.ts";
export type { GaussianMixtureStep } from "./steps/gaussian-mixture-steps.ts";
export { gaussianMixturePerClassStep, gaussianMixtureStep } from "./steps/gaussian-mixture-steps.ts";
export type { LuLinearStep } from "./steps/lu-linear-step.ts";
export { luLinearStep } from "./steps/lu-linear-step.ts";
export type { MixtureStepWeights } from "./steps/mixture-step.ts";
export { mixtureLogProbStep } from "./steps/mixture-step.ts";
export type { NetworkStepLayer, NetworkStepOptions } from "./steps/network-step.ts";
export { networkStep } from "./steps/network-step.ts";
export { rotationStep } from "./steps/rotation-step.ts";
export type { SinhArcsinhStep } from "./steps/sinh-arcsinh-step.ts";
export { sinhArcsinhStep } from "./steps/sinh-arcsinh-step.ts";
export type { StudentTStep } from "./steps/student-t-step.ts";
export { studentTLogProbStep } from "./steps/student-t-step.ts";
export { broadcastIndices } from "./tfjs/broadcast-indices.ts";
export { gradientOverrides } from "./tfjs/gradient-overrides.ts";
export type { KernelCall, TypedKernel } from "./tfjs/kernel-call.ts";
export { callKernel, kernelFunc, listGradient, runKernel } from "./tfjs/kernel-call.ts";
export { nestedGradients } from "./tfjs/nested-gradients.ts";
export type { KernelObserver } from "./tfjs/observe-kernels.ts";
export { observeKernels } from "./tfjs/observe-kernels.ts";
export { pruneTape } from "./tfjs/prune-tape.ts";
export { releaseTape } from "./tfjs/release-tape.ts";
export { unshare } from "./tfjs/unshare.ts";
export { withoutGradient } from "./tfjs/without-gradient.ts";
export type { AdamCall, AdamTarget } from "./updates/adam-call.ts";
export { ADAM_KERNEL } from "./updates/adam-call.ts";
export { adamUpdate } from "./updates/adam-update.ts";
export type { AverageArithmetic } from "./updates/average-arithmetic.ts";
export { AVERAGE_KERNEL, hostAverage } from "./updates/average-arithmetic.ts";
export { averageUpdate } from "./updates/average-update.ts";
export { EXCHANGE_KERNEL, exchangeValues } from "./updates/exchange-values.ts";
