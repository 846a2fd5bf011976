import type { GaussianizationSettings } from "@pushforward/core/plain";
import type { KernelExports } from "../generated/kernel-abi.ts";
import { at, flag } from "../wasm/addresses.ts";

/** The map of one call. */
interface GaussianizationOfColumns extends GaussianizationSettings {
  /** Columns of x: it is faster where all rows of a column have the same parameters. Default: 1. */
  readonly columns?: number;
}

/** The maps that make mixtures of normals normal. */
export interface GaussianizationKernels {
  /** y and log dy/dx of x `[count]`; parameters `[count, 3·components]`, or with equal weights `[count, 2·components]`. */
  gaussianizationForward(
    x: Float32Array,
    parameters: Float32Array,
    y: Float32Array,
    logDet: Float32Array,
    settings: GaussianizationOfColumns,
    scratch: Float32Array,
  ): void;
  /** The gradients of x and of the parameters. */
  gaussianizationGradient(
    x: Float32Array,
    parameters: Float32Array,
    dValue: Float32Array,
    dLogDet: Float32Array,
    dx: Float32Array,
    dParameters: Float32Array,
    settings: GaussianizationOfColumns,
    scratch: Float32Array,
  ): void;
}

/** Scratch of the map and of its gradient, in numbers. */
export function gaussianizationScratchSize(components: number): number {
  return 32 * components + 36;
}

/** How they are computed by the functions of a module. */
export function gaussianizationCalls(calls: KernelExports): GaussianizationKernels {
  return {
    gaussianizationForward(x, parameters, y, logDet, settings, scratch) {
      calls.gaussianizationForward(at(x), at(parameters), at(y), at(logDet), ...numbersOf(x, settings), at(scratch));
    },
    gaussianizationGradient(x, parameters, dValue, dLogDet, dx, dParameters, settings, scratch) {
      calls.gaussianizationGradient(
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
  { components, weights, limit, spread, epsilon, columns = 1 }: GaussianizationOfColumns,
) {
  const learned = weights === "learned";
  return [
    x.length,
    columns,
    (learned ? 3 : 2) * components,
    components,
    flag(learned),
    limit,
    spread,
    epsilon,
  ] as const;
}
