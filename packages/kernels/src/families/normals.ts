import type { GaussianizationSettings } from "@pushforward/core/plain";
import type { KernelExports } from "../generated/kernel-abi.ts";
import { at, flag } from "../wasm/addresses.ts";

/** The normal draws of a key. */
export interface NormalsKernels {
  /** The normal draws of a key of two words, from draw `2·firstBlock` on. */
  normals(key: readonly [number, number], firstBlock: number, out: Float32Array, scratch: Float32Array): void;
}

/** Scratch of the normal draws, in numbers. */
export const NORMALS_SCRATCH_SIZE = 2052;

/** How they are computed by the functions of a module. */
export function normalsCalls(calls: KernelExports): NormalsKernels {
  return {
    normals([k0, k1], firstBlock, out, scratch) {
      calls.normals(k0, k1, firstBlock, at(out), out.length, at(scratch));
    },
  };
}

/** The density of the standard normal distribution. */
export interface NormalLogProbKernels {
  /** `−½ Σ x² − (n/2)·log 2π` of x `[rows, n]`, where `out` has the rows. */
  normalLogProb(x: Float32Array, out: Float32Array): void;
  /** `dx = −x·d` with the d of its row. */
  normalLogProbGradient(x: Float32Array, d: Float32Array, dx: Float32Array): void;
}

/** How they are computed by the functions of a module. */
export function normalLogProbCalls(calls: KernelExports): NormalLogProbKernels {
  return {
    normalLogProb(x, out) {
      calls.normalLogProb(at(x), at(out), out.length, x.length / out.length);
    },
    normalLogProbGradient(x, d, dx) {
      calls.normalLogProbGradient(at(x), at(d), at(dx), d.length, x.length / d.length);
    },
  };
}

/** Settings of the map in one call. */
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

/** The count of numbers and the settings, in the order of both functions. */
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

/** The sinh-arcsinh map of each column, `sinh(δ (asinh x + ε))`, or its inverse. */
export interface SinhArcsinhMap {
  /** ε, `[columns]`. */
  readonly skewness: Float32Array;
  /** log δ, `[columns]`. */
  readonly logTailWeight: Float32Array;
  readonly inverse: boolean;
}

/** Targets for the gradients of a sinh-arcsinh map; absent gradients are not written. */
export interface SinhArcsinhGradients {
  readonly x?: Float32Array | undefined;
  readonly skewness?: Float32Array | undefined;
  readonly logTailWeight?: Float32Array | undefined;
}

/** The sinh-arcsinh maps. */
export interface SinhArcsinhKernels {
  /** y and log dy/dx of x `[rows, columns]`. */
  sinhArcsinhForward(
    x: Float32Array,
    map: SinhArcsinhMap,
    y: Float32Array,
    logSlopes: Float32Array,
    scratch: Float32Array,
  ): void;
  /** The gradients of x and of the parameters, after {@link sinhArcsinhForward}. It reads the y of that call. */
  sinhArcsinhGradient(
    x: Float32Array,
    y: Float32Array,
    map: SinhArcsinhMap,
    dValue: Float32Array,
    dLogSlopes: Float32Array,
    gradients: SinhArcsinhGradients,
    scratch: Float32Array,
  ): void;
}

/** Scratch of the sinh-arcsinh map and of its gradient, in numbers. */
export function sinhArcsinhScratchSize(columns: number): number {
  return 28 * columns;
}

/** How they are computed by the functions of a module. */
export function sinhArcsinhCalls(calls: KernelExports): SinhArcsinhKernels {
  return {
    sinhArcsinhForward(x, { skewness, logTailWeight, inverse }, y, logSlopes, scratch) {
      const columns = skewness.length;
      const rows = x.length / columns;
      calls.sinhArcsinhForward(
        at(x),
        at(skewness),
        at(logTailWeight),
        at(y),
        at(logSlopes),
        rows,
        columns,
        flag(inverse),
        at(scratch),
      );
    },
    sinhArcsinhGradient(x, y, { skewness, logTailWeight, inverse }, dValue, dLogSlopes, gradients, scratch) {
      const columns = skewness.length;
      const rows = x.length / columns;
      calls.sinhArcsinhGradient(
        at(x),
        at(y),
        at(skewness),
        at(logTailWeight),
        at(dValue),
        at(dLogSlopes),
        at(gradients.x),
        at(gradients.skewness),
        at(gradients.logTailWeight),
        rows,
        columns,
        flag(inverse),
        at(scratch),
      );
    },
  };
}
