import type { PlanOperation } from "@pushforward/core/plain";
import {
  checkColumnSpline,
  checkColumns,
  checkEmbedding,
  checkFillColumns,
  checkLuLinear,
  checkParameterRows,
  checkReplaceColumns,
  checkRotation,
  checkSumColumns,
} from "./column-checks.ts";
import {
  checkBernoulliLogProb,
  checkCellLogProb,
  checkGaussianMixture,
  checkGaussianMixturePerClass,
  checkMixtureLogProb,
  checkStandardNormalLogProb,
  checkStudentTLogProb,
} from "./density-checks.ts";
import {
  checkAffine,
  checkAffineSpline,
  checkBoxConstraint,
  checkConstantScale,
  checkGaussianization,
  checkLearnedScale,
  checkRationalQuadraticSpline,
  checkShift,
  checkSinhArcsinh,
  checkSumOfSquares,
} from "./elementwise-checks.ts";
import { checkAutoregressiveBegin, checkAutoregressiveStep, checkNetwork } from "./network-checks.ts";
import type { StepCheck } from "./step-check.ts";

/** How the steps of a file are checked, by operation. */
export const stepChecks: { readonly [K in PlanOperation]: StepCheck<K> } = {
  network: checkNetwork,
  autoregressiveBegin: checkAutoregressiveBegin,
  autoregressiveStep: checkAutoregressiveStep,
  affine: checkAffine,
  affineSpline: checkAffineSpline,
  rationalQuadraticSpline: checkRationalQuadraticSpline,
  gaussianization: checkGaussianization,
  sumOfSquares: checkSumOfSquares,
  columnSpline: checkColumnSpline,
  luLinear: checkLuLinear,
  rotation: checkRotation,
  shift: checkShift,
  learnedScale: checkLearnedScale,
  constantScale: checkConstantScale,
  boxConstraint: checkBoxConstraint,
  sinhArcsinh: checkSinhArcsinh,
  columns: checkColumns,
  replaceColumns: checkReplaceColumns,
  fillColumns: checkFillColumns,
  parameterRows: checkParameterRows,
  sumColumns: checkSumColumns,
  mixtureLogProb: checkMixtureLogProb,
  standardNormalLogProb: checkStandardNormalLogProb,
  embedding: checkEmbedding,
  cellLogProb: checkCellLogProb,
  bernoulliLogProb: checkBernoulliLogProb,
  studentTLogProb: checkStudentTLogProb,
  gaussianMixture: checkGaussianMixture,
  gaussianMixturePerClass: checkGaussianMixturePerClass,
};
