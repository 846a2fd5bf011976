import type { KernelExports } from "../generated/kernel-abi.ts";
import { at, flag } from "../wasm/addresses.ts";

/** The sinh-arcsinh map of each column, `sinh(δ (asinh x + ε))`, or its inverse. */
export interface SinhArcsinhMap {
  /** ε, `[columns]`. */
  readonly skewness: Float32Array;
  /** log δ, `[columns]`. */
  readonly logTailWeight: Float32Array;
  readonly inverse: boolean;
}

/** Where the gradients of a sinh-arcsinh map go; those that are absent are not written. */
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
  /** The gradients of x and of the parameters, after {@link sinhArcsinhForward}, whose y it reads. */
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
