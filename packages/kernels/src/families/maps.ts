import type { AffineSettings, ScaleMap, SplineSettings, SumOfSquaresSettings } from "@pushforward/core/plain";
import type { KernelExports } from "../generated/kernel-abi.ts";
import { at, flag } from "../wasm/addresses.ts";

/** Distance between the parameters of consecutive elements. */
interface Strided {
  /**
   * Distance between the parameters of consecutive elements, in numbers. Default: the number of parameters of an
   * element.
   */
  readonly stride?: number;
}

/** Settings of an affine map in one call. */
export type StridedAffine = AffineSettings & Strided;

/** The affine maps. */
export interface AffineKernels {
  /**
   * `y = x·eᵃ + t` and a, or the inverse. The parameters `[count, 2]` are t and the raw number for eᵃ; the form defines
   * the conversion.
   */
  affineForward(
    x: Float32Array,
    parameters: Float32Array,
    y: Float32Array,
    logDet: Float32Array,
    settings: StridedAffine,
  ): void;
  /** The gradients of x and of the parameters, which have one stride. */
  affineGradient(
    x: Float32Array,
    parameters: Float32Array,
    dValue: Float32Array,
    dLogDet: Float32Array,
    dx: Float32Array,
    dParameters: Float32Array,
    settings: StridedAffine,
  ): void;
}

// As in assembly/affine.ts.
const scaleMaps: Readonly<Record<ScaleMap, number>> = { tanh: 0, clip: 1, softplus: 2, sigmoid: 3 };

/** How they are computed by the functions of a module. */
export function affineCalls(calls: KernelExports): AffineKernels {
  return {
    affineForward(x, parameters, y, logDet, settings) {
      calls.affineForward(at(x), at(parameters), at(y), at(logDet), ...numbersOfAffine(x, settings));
    },
    affineGradient(x, parameters, dValue, dLogDet, dx, dParameters, settings) {
      calls.affineGradient(
        at(x),
        at(parameters),
        at(dValue),
        at(dLogDet),
        at(dx),
        at(dParameters),
        ...numbersOfAffine(x, settings),
      );
    },
  };
}

/** The count of numbers and the settings, in the order of both functions. */
function numbersOfAffine(x: Float32Array, { inverse, stride = 2, scale, limit, offset, least }: StridedAffine) {
  return [x.length, stride, flag(inverse), scaleMaps[scale], limit, offset, least] as const;
}

/** Settings of a spline in one call. */
export type StridedSpline = SplineSettings & Strided;

/** The rational-quadratic splines. */
export interface SplineKernels {
  /**
   * y and log dy/dx of x `[count]`, or x and log dx/dy of y with `inverse`. The parameters are `[count, 3·bins − 1]`,
   * with linear tails `[count, 3·bins + 1]`. If given, `saved` receives intermediate results for the gradient.
   */
  splineForward(
    x: Float32Array,
    parameters: Float32Array,
    y: Float32Array,
    logDet: Float32Array,
    settings: StridedSpline,
    scratch: Float32Array,
    saved?: Float32Array,
  ): void;
  /**
   * The gradients of x and of the parameters, which have one stride; `saved` is from the forward pass of the same x and
   * parameters.
   */
  splineGradient(
    x: Float32Array,
    parameters: Float32Array,
    dValue: Float32Array,
    dLogDet: Float32Array,
    dx: Float32Array,
    dParameters: Float32Array,
    settings: StridedSpline,
    scratch: Float32Array,
    saved?: Float32Array,
  ): void;
}

/** Returns the number of spline parameters per element. */
export function splineParameterCount({ bins, tails }: Pick<SplineSettings, "bins" | "tails">): number {
  return tails === "linear" ? 3 * bins + 1 : 3 * bins - 1;
}

/** Scratch of the spline and of its gradient, in numbers. */
export function splineScratchSize(bins: number): number {
  return 960 + 128 * bins;
}

/** Returns the size of the results that the forward pass of a spline may save for the backward pass, in numbers. */
export function splineSavedSize(count: number, bins: number): number {
  return Math.ceil(count / 4) * (128 + 8 * bins);
}

/**
 * Returns the spline kernels that call the functions of a module. The settings are written out in both calls: a spread
 * of this length costs as much time as six elements.
 */
export function splineCalls(calls: KernelExports): SplineKernels {
  return {
    splineForward(x, parameters, y, logDet, settings, scratch, saved) {
      calls.splineForward(
        at(x),
        at(parameters),
        at(y),
        at(logDet),
        x.length,
        settings.stride ?? splineParameterCount(settings),
        settings.bins,
        settings.bound,
        flag(settings.tails === "linear"),
        flag(settings.inverse),
        settings.softmaxScale,
        settings.softmaxLimit,
        settings.minBin,
        settings.slopeLimit,
        settings.slopeOffset,
        settings.minSlope,
        at(scratch),
        at(saved),
      );
    },
    splineGradient(x, parameters, dValue, dLogDet, dx, dParameters, settings, scratch, saved) {
      calls.splineGradient(
        at(x),
        at(parameters),
        at(dValue),
        at(dLogDet),
        at(dx),
        at(dParameters),
        x.length,
        settings.stride ?? splineParameterCount(settings),
        settings.bins,
        settings.bound,
        flag(settings.tails === "linear"),
        flag(settings.inverse),
        settings.softmaxScale,
        settings.softmaxLimit,
        settings.minBin,
        settings.slopeLimit,
        settings.slopeOffset,
        settings.minSlope,
        at(scratch),
        at(saved),
      );
    },
  };
}

/** The integrals of means of squared polynomials. */
export interface SumOfSquaresKernels {
  /** y and log dy/dx of x `[count]`; parameters `[count, polynomials·(degree + 1) + 1]`. */
  sumOfSquaresForward(
    x: Float32Array,
    parameters: Float32Array,
    y: Float32Array,
    logDet: Float32Array,
    settings: SumOfSquaresSettings,
    scratch: Float32Array,
  ): void;
  /** The gradients of x and of the parameters. */
  sumOfSquaresGradient(
    x: Float32Array,
    parameters: Float32Array,
    dValue: Float32Array,
    dLogDet: Float32Array,
    dx: Float32Array,
    dParameters: Float32Array,
    settings: SumOfSquaresSettings,
    scratch: Float32Array,
  ): void;
}

/** Scratch of the map and of its gradient, in numbers. */
export function sumOfSquaresScratchSize({
  polynomials,
  degree,
}: Pick<SumOfSquaresSettings, "polynomials" | "degree">): number {
  return 4 * (polynomials * (degree + 1) + 2 * degree + 1);
}

/** How they are computed by the functions of a module. */
export function sumOfSquaresCalls(calls: KernelExports): SumOfSquaresKernels {
  return {
    sumOfSquaresForward(x, parameters, y, logDet, settings, scratch) {
      calls.sumOfSquaresForward(
        at(x),
        at(parameters),
        at(y),
        at(logDet),
        ...numbersOfSquares(x, settings),
        at(scratch),
      );
    },
    sumOfSquaresGradient(x, parameters, dValue, dLogDet, dx, dParameters, settings, scratch) {
      calls.sumOfSquaresGradient(
        at(x),
        at(parameters),
        at(dValue),
        at(dLogDet),
        at(dx),
        at(dParameters),
        ...numbersOfSquares(x, settings),
        at(scratch),
      );
    },
  };
}

/** The count of numbers and the settings, in the order of both functions. */
function numbersOfSquares(
  x: Float32Array,
  { polynomials, degree, bound, unit, scale, slope, constants }: SumOfSquaresSettings,
) {
  const apart = polynomials * (degree + 1) + 1;
  return [x.length, apart, polynomials, degree, bound, unit, scale, slope, flag(constants === "spread")] as const;
}
