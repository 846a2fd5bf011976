import type { PlanOperation } from "@pushforward/core/plain";
import { affineSplineKind } from "./affine-spline-kind.ts";
import { bernoulliLogProbKind } from "./bernoulli-kind.ts";
import { cellLogProbKind } from "./cell-kind.ts";
import {
  columnsKind,
  fillColumnsKind,
  parameterRowsKind,
  replaceColumnsKind,
  standardNormalLogProbKind,
  sumColumnsKind,
} from "./column-kinds.ts";
import { boxConstraintKind, fixedMapKind } from "./column-map-kinds.ts";
import { columnSplineKind } from "./column-spline-kind.ts";
import {
  affineKind,
  constantScaleKind,
  learnedScaleKind,
  rationalQuadraticSplineKind,
  shiftKind,
} from "./elementwise-kinds.ts";
import { embeddingKind } from "./embedding-kind.ts";
import { gaussianMixtureKind, gaussianMixturePerClassKind } from "./gaussian-mixture-kinds.ts";
import { gaussianizationKind } from "./gaussianization-kind.ts";
import { luLinearKind } from "./lu-linear-kind.ts";
import { mixtureLogProbKind } from "./mixture-kind.ts";
import { autoregressiveBeginKind, autoregressiveStepKind, networkKind } from "./network-kinds.ts";
import { rotationKind } from "./rotation-kind.ts";
import { sinhArcsinhKind } from "./sinh-arcsinh-kind.ts";
import type { StepKind } from "./step-kind.ts";
import { studentTLogProbKind } from "./student-t-kind.ts";
import { sumOfSquaresKind } from "./sum-of-squares-kind.ts";

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
