import type { PlanOperation } from "@pushforward/core";
import { affineSplineKind } from "./affine-spline-step.ts";
import { bernoulliLogProbKind } from "./bernoulli-step.ts";
import { columnSplineKind } from "./column-spline-step.ts";
import {
  columnsKind,
  fillColumnsKind,
  parameterRowsKind,
  replaceColumnsKind,
  standardNormalLogProbKind,
  sumColumnsKind,
} from "./column-step-kinds.ts";
import {
  affineKind,
  constantScaleKind,
  learnedScaleKind,
  rationalQuadraticSplineKind,
  shiftKind,
} from "./elementwise-step-kinds.ts";
import { luLinearKind } from "./lu-linear-step.ts";
import { mixtureLogProbKind } from "./mixture-step.ts";
import { gaussianMixtureKind, gaussianMixturePerClassKind } from "./mixture-step-kinds.ts";
import { autoregressiveBeginKind, autoregressiveStepKind, networkKind } from "./network-step-kinds.ts";
import type { StepKind } from "./step-kind.ts";
import { studentTLogProbKind } from "./student-t-step.ts";
import { toBoxKind } from "./to-box-step.ts";

/** How each operation of a plan is computed. */
export const stepKinds: { readonly [K in PlanOperation]: StepKind<K> } = {
  network: networkKind,
  autoregressiveBegin: autoregressiveBeginKind,
  autoregressiveStep: autoregressiveStepKind,
  affine: affineKind,
  affineSpline: affineSplineKind,
  rationalQuadraticSpline: rationalQuadraticSplineKind,
  columnSpline: columnSplineKind,
  luLinear: luLinearKind,
  shift: shiftKind,
  learnedScale: learnedScaleKind,
  constantScale: constantScaleKind,
  toBox: toBoxKind,
  columns: columnsKind,
  replaceColumns: replaceColumnsKind,
  fillColumns: fillColumnsKind,
  parameterRows: parameterRowsKind,
  sumColumns: sumColumnsKind,
  mixtureLogProb: mixtureLogProbKind,
  standardNormalLogProb: standardNormalLogProbKind,
  bernoulliLogProb: bernoulliLogProbKind,
  studentTLogProb: studentTLogProbKind,
  gaussianMixture: gaussianMixtureKind,
  gaussianMixturePerClass: gaussianMixturePerClassKind,
};
