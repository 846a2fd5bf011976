import type { SplineSettings } from "@pushforward/core/plain";
import type { KernelExports } from "../generated/kernel-abi.ts";
import { at, flag } from "../wasm/addresses.ts";
import type { Strided } from "./strided.ts";

/** The spline of one call. */
export type StridedSpline = SplineSettings & Strided;

/** The rational-quadratic splines. */
export interface SplineKernels {
  /**
   * y and log dy/dx of x `[count]`, or x and log dx/dy of y with `inverse`; parameters `[count, 3·bins − 1]`, with linear
   * tails `[count, 3·bins + 1]`. What the gradient need not find out again is left in `saved`, where that is given.
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

/** How many parameters an element of a spline has. */
export function splineParameterCount({ bins, tails }: Pick<SplineSettings, "bins" | "tails">): number {
  return tails === "linear" ? 3 * bins + 1 : 3 * bins - 1;
}

/** Scratch of the spline and of its gradient, in numbers. */
export function splineScratchSize(bins: number): number {
  return 960 + 128 * bins;
}

/** What the forward pass of a spline may leave for the backward pass, in numbers. */
export function splineSavedSize(count: number, bins: number): number {
  return Math.ceil(count / 4) * (128 + 8 * bins);
}

/**
 * How they are computed by the functions of a module. The settings are written out in both calls: a spread of so many
 * arguments costs as much as six elements.
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
