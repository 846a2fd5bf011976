export type { AdamArithmetic } from "./adam-arithmetic.ts";
export type { AdamReport, AdamUpdateOptions } from "./adam-check.ts";
export { areAdamMoments } from "./adam-check.ts";
export type { AdamTarget } from "./adam-kernel.ts";
export { ADAM_KERNEL, adamKernel } from "./adam-kernel.ts";
export { adamUpdate } from "./adam-update.ts";
export type { AffineOptions } from "./affine.ts";
export { affine } from "./affine.ts";
export type { AffineParameterisation } from "./affine-form.ts";
export type { AffineSplineOptions } from "./affine-spline.ts";
export { affineSpline } from "./affine-spline.ts";
export type { AutoregressiveStepsOptions } from "./autoregressive-steps.ts";
export { autoregressiveSteps } from "./autoregressive-steps.ts";
export type { AverageArithmetic } from "./average-kernel.ts";
export { AVERAGE_KERNEL, averageKernel } from "./average-kernel.ts";
export { averageUpdate } from "./average-update.ts";
export { bernoulliLogProb, bernoulliLogProbStep } from "./bernoulli-log-prob.ts";
export { broadcastIndices } from "./broadcast-indices.ts";
export { cholesky } from "./cholesky.ts";
export { choleskySolve } from "./cholesky-solve.ts";
export { clip } from "./clip.ts";
export type { ColumnSplineOptions, ColumnSplineParameters } from "./column-spline.ts";
export { columnSpline } from "./column-spline.ts";
export type { ColumnSplineStep } from "./column-spline-step.ts";
export { columnSplineStep } from "./column-spline-step.ts";
export {
  columnsStep,
  fillColumnsStep,
  parameterRowsStep,
  replaceColumnsStep,
  standardNormalLogProbStep,
  sumColumnsStep,
} from "./column-steps.ts";
export { cumulativeSum } from "./cumulative-sum.ts";
export type { NetworkDropout } from "./dropout.ts";
export type { LearnedScaleStep } from "./elementwise-steps.ts";
export {
  affineSplineStep,
  affineStep,
  constantScaleStep,
  learnedScaleStep,
  rationalQuadraticSplineStep,
  shiftStep,
  toBoxStep,
} from "./elementwise-steps.ts";
export { exchangeValues } from "./exchange-values.ts";
export { expm1 } from "./expm1.ts";
export type { GaussianMixtureStep } from "./gaussian-mixture-steps.ts";
export { gaussianMixturePerClassStep, gaussianMixtureStep } from "./gaussian-mixture-steps.ts";
export { gradientOverrides } from "./gradient-overrides.ts";
export { inverse } from "./inverse.ts";
export type { KernelCall, TypedKernel } from "./kernel-call.ts";
export { kernelFunc, listGradient, runKernel } from "./kernel-call.ts";
export type { HeldValues, KernelMemory } from "./kernel-memory.ts";
export { forgetCopies, kernelMemory } from "./kernel-memory.ts";
export { kernelOverrides } from "./kernel-overrides.ts";
export { logAbsDet } from "./log-abs-det.ts";
export { logAbsDetTriangular } from "./log-abs-det-triangular.ts";
export { logGamma } from "./log-gamma.ts";
export { logSumExp } from "./log-sum-exp.ts";
export { log1mexp } from "./log1mexp.ts";
export { log1p } from "./log1p.ts";
export type { LuLinearOptions } from "./lu-linear.ts";
export { luLinear } from "./lu-linear.ts";
export type { LuLinearStep } from "./lu-linear-step.ts";
export { luLinearStep } from "./lu-linear-step.ts";
export { matMul } from "./mat-mul.ts";
export type { MixtureStepWeights } from "./mixture-step.ts";
export { mixtureLogProbStep } from "./mixture-step.ts";
export type { NamedKernel } from "./named-kernel.ts";
export { runNamedKernel } from "./named-kernel.ts";
export type { NetworkAttributes, NetworkOptions } from "./network.ts";
export { network } from "./network.ts";
export type { DroppingLayer, NetworkLayout } from "./network-layout.ts";
export { withValues } from "./network-layout.ts";
export type { NetworkStepLayer, NetworkStepOptions } from "./network-step.ts";
export { networkStep } from "./network-step.ts";
export { overflowToMinusInfinity } from "./overflow-to-minus-infinity.ts";
export { PlanCache } from "./plan-cache.ts";
export { planLogProb } from "./plan-log-prob.ts";
export { planned, plannedLogProb } from "./planned.ts";
export { pruneTape } from "./prune-tape.ts";
export type { RationalQuadraticSplineOptions } from "./rational-quadratic-spline.ts";
export { rationalQuadraticSpline } from "./rational-quadratic-spline.ts";
export { releaseTape } from "./release-tape.ts";
export type { PlannedInput, PlannedOutput } from "./run-plan.ts";
export { planTask, runPlan, runsPlan } from "./run-plan.ts";
export { searchBin, selectBin } from "./search-bin.ts";
export { softplus } from "./softplus.ts";
export { softplusInverse } from "./softplus-inverse.ts";
export { solve } from "./solve.ts";
export type { SplineFormOptions, SplineParameterisation } from "./spline-form.ts";
export { STANDARD_NORMAL_KERNEL, standardNormal } from "./standard-normal.ts";
export { standardNormalLogProb } from "./standard-normal-log-prob.ts";
export { stopGradient } from "./stop-gradient.ts";
export type { StudentTStep } from "./student-t-step.ts";
export { studentTLogProbStep } from "./student-t-step.ts";
export { sumRightmost } from "./sum-rightmost.ts";
export type { TriangleOptions } from "./triangle.ts";
export { triangle } from "./triangle.ts";
export type { TriangularSolveOptions } from "./triangular-solve.ts";
export { triangularSolve } from "./triangular-solve.ts";
export { safeWhere, where } from "./where.ts";
