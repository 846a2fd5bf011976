import type { PlanOperation } from "@pushforward/core/plain";
import { cellLogProbKind } from "./cell-kind.ts";
import {
  columnSplineKind,
  columnsKind,
  embeddingKind,
  fillColumnsKind,
  luLinearKind,
  parameterRowsKind,
  replaceColumnsKind,
  rotationKind,
  standardNormalLogProbKind,
  sumColumnsKind,
} from "./column-kinds.ts";
import { boxConstraintKind, fixedMapKind } from "./column-map-kinds.ts";
import { bernoulliLogProbKind, mixtureLogProbKind, studentTLogProbKind } from "./density-kinds.ts";
import {
  affineKind,
  affineSplineKind,
  constantScaleKind,
  gaussianizationKind,
  learnedScaleKind,
  rationalQuadraticSplineKind,
  shiftKind,
  sinhArcsinhKind,
  sumOfSquaresKind,
} from "./elementwise-kinds.ts";
import { gaussianMixtureKind, gaussianMixturePerClassKind } from "./gaussian-mixture-kinds.ts";
import { autoregressiveBeginKind, autoregressiveStepKind, networkKind } from "./network-kinds.ts";
import type { StepKind } from "./step-kind.ts";

/** How each operation of a plan is computed. */
export const stepKinds: { readonly [K in PlanOperation]: StepKind<K> } = {
  network: networkKind,
  autoregressiveBegin: autoregressiveBeginKind,
  autoregressiveStep: autoregressiveStepKind,
  affine: affineKind,
  affineSpline: affineSplineKind,
  rationalQuadraticSpline: rationalQuadraticSplineKind,
  gaussianization: gaussianizationKind,
  sumOfSquares: sumOfSquaresKind,
  columnSpline: columnSplineKind,
  luLinear: luLinearKind,
  rotation: rotationKind,
  shift: shiftKind,
  learnedScale: learnedScaleKind,
  constantScale: constantScaleKind,
  boxConstraint: boxConstraintKind,
  fixedMap: fixedMapKind,
  sinhArcsinh: sinhArcsinhKind,
  columns: columnsKind,
  replaceColumns: replaceColumnsKind,
  fillColumns: fillColumnsKind,
  parameterRows: parameterRowsKind,
  sumColumns: sumColumnsKind,
  mixtureLogProb: mixtureLogProbKind,
  standardNormalLogProb: standardNormalLogProbKind,
  embedding: embeddingKind,
  cellLogProb: cellLogProbKind,
  bernoulliLogProb: bernoulliLogProbKind,
  studentTLogProb: studentTLogProbKind,
  gaussianMixture: gaussianMixtureKind,
  gaussianMixturePerClass: gaussianMixturePerClassKind,
};
