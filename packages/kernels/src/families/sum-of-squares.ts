import type { SumOfSquaresSettings } from "@pushforward/core/plain";
import type { KernelExports } from "../generated/kernel-abi.ts";
import { at, flag } from "../wasm/addresses.ts";

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
      calls.sumOfSquaresForward(at(x), at(parameters), at(y), at(logDet), ...numbersOf(x, settings), at(scratch));
    },
    sumOfSquaresGradient(x, parameters, dValue, dLogDet, dx, dParameters, settings, scratch) {
      calls.sumOfSquaresGradient(
        at(x),
        at(parameters),
        at(dValue),
        at(dLogDet),
        at(dx),
        at(dParameters),
        ...numbersOf(x, settings),
        at(scratch),
      );
    },
  };
}

/** How many numbers there are, and the settings, in the order of both functions. */
function numbersOf(
  x: Float32Array,
  { polynomials, degree, bound, unit, scale, slope, constants }: SumOfSquaresSettings,
) {
  const apart = polynomials * (degree + 1) + 1;
  return [x.length, apart, polynomials, degree, bound, unit, scale, slope, flag(constants === "spread")] as const;
}
