import { affineSplineStep } from "./affine-spline-step.ts";
import { bernoulliLogProbStep } from "./bernoulli-step.ts";
import { columnSplineStep } from "./column-spline-step.ts";
import {
  columnsStep,
  fillColumnsStep,
  parameterRowsStep,
  replaceColumnsStep,
  standardNormalLogProbStep,
  sumColumnsStep,
} from "./column-step-kinds.ts";
import { affineStep, constantScaleStep, learnedScaleStep, shiftStep, splineStep } from "./elementwise-step-kinds.ts";
import { luLinearStep } from "./lu-linear-step.ts";
import { mixtureLogProbStep } from "./mixture-step.ts";
import { gaussianMixturePerClassStep, gaussianMixtureStep } from "./mixture-step-kinds.ts";
import { networkKind, networkSequenceBegin, networkSequenceStep } from "./network-step-kinds.ts";
import type { StepKind } from "./step-kind.ts";
import { studentTLogProbStep } from "./student-t-step.ts";
import { toBoxStep } from "./to-box-step.ts";

/** How each op of a plan is computed. */
export const stepKinds: Readonly<Record<string, StepKind>> = {
  network: networkKind,
  networkSequenceBegin,
  networkSequenceStep,
  affine: affineStep,
  affineSpline: affineSplineStep,
  rationalQuadraticSpline: splineStep,
  columnSpline: columnSplineStep,
  luLinear: luLinearStep,
  shift: shiftStep,
  learnedScale: learnedScaleStep,
  constantScale: constantScaleStep,
  toBox: toBoxStep,
  columns: columnsStep,
  replaceColumns: replaceColumnsStep,
  fillColumns: fillColumnsStep,
  parameterRows: parameterRowsStep,
  sumColumns: sumColumnsStep,
  mixtureLogProb: mixtureLogProbStep,
  standardNormalLogProb: standardNormalLogProbStep,
  bernoulliLogProb: bernoulliLogProbStep,
  studentTLogProb: studentTLogProbStep,
  gaussianMixture: gaussianMixtureStep,
  gaussianMixturePerClass: gaussianMixturePerClassStep,
};
