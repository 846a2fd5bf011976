import type { Parameter } from "@pushforward/core";
import {
  type AffineForm,
  type BoxSettings,
  type Direction,
  type FixedMapSettings,
  type GaussianizationSettings,
  type LearnedScale,
  type LoweredMap,
  type PlanBuilder,
  type PlanMatrix,
  refuseToLower,
  type SumOfSquaresSettings,
} from "@pushforward/core/extend";
import { AFFINE_FORM, type AffineSplineOptions } from "../named/affine.ts";
import { type RationalQuadraticSplineOptions, SPLINE_FORM } from "../named/rational-quadratic-spline.ts";

/** The op `affine` as a step of a plan: value `[rows, n]`, parameters `[rows, 2n]`. */
export function affineStep(
  plan: PlanBuilder,
  direction: Direction,
  value: PlanMatrix,
  parameters: PlanMatrix,
  form: AffineForm = AFFINE_FORM,
): LoweredMap {
  const settings = { inverse: direction === "inverse", ...form };
  return map(plan.add("affine", { inputs: [value, parameters], settings }));
}

/**
 * The op `rationalQuadraticSpline` as a step of a plan: value `[rows, n]`, parameters `[rows, n·(3·bins − 1)]`, with
 * linear tails `[rows, n·(3·bins + 1)]`.
 */
export function rationalQuadraticSplineStep(
  plan: PlanBuilder,
  direction: Direction,
  value: PlanMatrix,
  parameters: PlanMatrix,
  { bins, bound, tails = "identity", form = SPLINE_FORM }: Omit<RationalQuadraticSplineOptions, "inverse">,
): LoweredMap {
  return map(
    plan.add("rationalQuadraticSpline", {
      inputs: [value, parameters],
      settings: { bins, bound, tails, inverse: direction === "inverse", ...form },
    }),
  );
}

/** The op `affineSpline` as a step of a plan: value `[rows, n]`, parameters `[rows, n·(3·bins + 3)]`. */
export function affineSplineStep(
  plan: PlanBuilder,
  direction: Direction,
  value: PlanMatrix,
  parameters: PlanMatrix,
  { bins, bound }: Pick<AffineSplineOptions, "bins" | "bound">,
): LoweredMap {
  return map(
    plan.add("affineSpline", {
      inputs: [value, parameters],
      settings: {
        bins,
        bound,
        inverse: direction === "inverse",
        affine: AFFINE_FORM,
        spline: SPLINE_FORM,
      },
    }),
  );
}

/**
 * The op `gaussianization` as a step of a plan: value `[rows, n]`, parameters `[rows, n·3·components]`, with equal weights
 * `[rows, n·2·components]`. Its inverse is found by iteration, which no plan does.
 */
export function gaussianizationStep(
  plan: PlanBuilder,
  direction: Direction,
  value: PlanMatrix,
  parameters: PlanMatrix,
  settings: GaussianizationSettings,
): LoweredMap {
  if (direction === "inverse") refuseToLower("the inverse of gaussianization is found by iteration");
  return map(plan.add("gaussianization", { inputs: [value, parameters], settings }));
}

/**
 * The op `sumOfSquares` as a step of a plan: value `[rows, n]`, parameters `[rows, n·(polynomials·(degree + 1) + 1)]`. Its
 * inverse is found by iteration, which no plan does.
 */
export function sumOfSquaresStep(
  plan: PlanBuilder,
  direction: Direction,
  value: PlanMatrix,
  parameters: PlanMatrix,
  settings: SumOfSquaresSettings,
): LoweredMap {
  if (direction === "inverse") refuseToLower("the inverse of sumOfSquares is found by iteration");
  return map(plan.add("sumOfSquares", { inputs: [value, parameters], settings }));
}

/** `value ± shift` of two matrices of equal shape, as a step of a plan. */
export function shiftStep(plan: PlanBuilder, direction: Direction, value: PlanMatrix, shift: PlanMatrix): LoweredMap {
  const settings = { inverse: direction === "inverse" };
  const [shifted] = plan.add("shift", { inputs: [value, shift], settings });
  return { value: shifted, logDets: [] };
}

/** A scale and a shift of each column as parameters. */
export interface LearnedScaleStep {
  readonly rawScale: Parameter;
  readonly shift: Parameter;
  readonly scale: LearnedScale;
}

/** `value·scale + shift`, or its inverse, with learned columns, as a step of a plan. */
export function learnedScaleStep(
  plan: PlanBuilder,
  direction: Direction,
  value: PlanMatrix,
  { rawScale, shift, scale }: LearnedScaleStep,
): LoweredMap {
  return map(
    plan.add("learnedScale", {
      inputs: [value],
      parameters: [rawScale, shift],
      settings: { scale, inverse: direction === "inverse" },
    }),
  );
}

/** `value·scale + shift`, or its inverse, with given columns, as a step of a plan. */
export function constantScaleStep(
  plan: PlanBuilder,
  direction: Direction,
  value: PlanMatrix,
  { scale, shift }: { readonly scale: readonly number[]; readonly shift: readonly number[] },
): LoweredMap {
  const settings = { scale, shift, inverse: direction === "inverse" };
  return map(plan.add("constantScale", { inputs: [value], settings }));
}

/** ℝᵈ onto a box, or its inverse, as a step of a plan. */
export function boxConstraintStep(
  plan: PlanBuilder,
  direction: Direction,
  value: PlanMatrix,
  { low, high, sharpness }: BoxSettings,
): LoweredMap {
  const settings = { low, high, sharpness, inverse: direction === "inverse" };
  return map(plan.add("boxConstraint", { inputs: [value], settings }));
}

/** A function without parameters, or its inverse, as a step of a plan; see `fixedMap` in `planOperations`. */
export function fixedMapStep(
  plan: PlanBuilder,
  direction: Direction,
  value: PlanMatrix,
  name: FixedMapSettings["map"],
  bound = 1,
): LoweredMap {
  return map(
    plan.add("fixedMap", { inputs: [value], settings: { map: name, bound, inverse: direction === "inverse" } }),
  );
}

function map([value, logDet]: readonly [PlanMatrix, PlanMatrix]): LoweredMap {
  return { value, logDets: [logDet] };
}

/** The parameters of {@link columnSpline}, owned by a model. */
export interface ColumnSplineStep {
  readonly corners: Parameter;
  readonly logWidths: Parameter;
  readonly logHeights: Parameter;
  readonly logSlopes: Parameter;
}

/** The op `columnSpline` as a step of a plan: value `[rows, n]`. `forward` computes y of x. */
export function columnSplineStep(
  plan: PlanBuilder,
  direction: Direction,
  value: PlanMatrix,
  { corners, logWidths, logHeights, logSlopes }: ColumnSplineStep,
): LoweredMap {
  const [mapped, logDet] = plan.add("columnSpline", {
    inputs: [value],
    parameters: [corners, logWidths, logHeights, logSlopes],
    settings: { knots: logSlopes.shape[1] as number, inverse: direction === "inverse" },
  });
  return { value: mapped, logDets: [logDet] };
}

/**
 * The parameters of an LU map: both triangles in `weight [n, n]`, with the raw scale as its diagonal, and a shift
 * `[n]`.
 */
export interface LuLinearStep {
  readonly weight: Parameter;
  readonly shift: Parameter;
  /** The scales are `softplus(raw + offset) + smallest`. */
  readonly offset: number;
  readonly smallest: number;
}

/** The map of `LULinear` as a step of a plan: value `[rows, n]`. */
export function luLinearStep(
  plan: PlanBuilder,
  direction: Direction,
  value: PlanMatrix,
  { weight, shift, offset, smallest }: LuLinearStep,
): LoweredMap {
  const [mapped, logDet] = plan.add("luLinear", {
    inputs: [value],
    parameters: [weight, shift],
    settings: { offset, smallest, inverse: direction === "inverse" },
  });
  return { value: mapped, logDets: [logDet] };
}

/** The map of `Rotation` with its generator `[n, n]` as a step of a plan: value `[rows, n]`. */
export function rotationStep(
  plan: PlanBuilder,
  direction: Direction,
  value: PlanMatrix,
  generator: Parameter,
): LoweredMap {
  const [turned] = plan.add("rotation", {
    inputs: [value],
    parameters: [generator],
    settings: { inverse: direction === "inverse" },
  });
  return { value: turned, logDets: [] };
}

/** The parameters ε and log δ of each column, owned by a model. */
export interface SinhArcsinhStep {
  readonly skewness: Parameter;
  readonly logTailWeight: Parameter;
}

/** `sinh(δ (asinh value + ε))`, or its inverse, as a step of a plan: value `[rows, n]`. */
export function sinhArcsinhStep(
  plan: PlanBuilder,
  direction: Direction,
  value: PlanMatrix,
  { skewness, logTailWeight }: SinhArcsinhStep,
): LoweredMap {
  const [mapped, logSlopes] = plan.add("sinhArcsinh", {
    inputs: [value],
    parameters: [skewness, logTailWeight],
    settings: { inverse: direction === "inverse" },
  });
  return { value: mapped, logDets: [logSlopes] };
}
