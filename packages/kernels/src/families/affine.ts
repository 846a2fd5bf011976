import type { AffineSettings, ScaleMap } from "@pushforward/core/plain";
import type { KernelExports } from "../generated/kernel-abi.ts";
import { at, flag } from "../wasm/addresses.ts";
import type { Strided } from "./strided.ts";

/** The affine map of one call. */
export type StridedAffine = AffineSettings & Strided;

/** The affine maps. */
export interface AffineKernels {
  /** `y = x·eᵃ + t` and a; or the inverse; parameters `[count, 2]` hold t and what eᵃ is made of, by the form. */
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
      calls.affineForward(at(x), at(parameters), at(y), at(logDet), ...numbersOf(x, settings));
    },
    affineGradient(x, parameters, dValue, dLogDet, dx, dParameters, settings) {
      calls.affineGradient(
        at(x),
        at(parameters),
        at(dValue),
        at(dLogDet),
        at(dx),
        at(dParameters),
        ...numbersOf(x, settings),
      );
    },
  };
}

/** How many numbers there are, and the settings, in the order of both functions. */
function numbersOf(x: Float32Array, { inverse, stride = 2, scale, limit, offset, least }: StridedAffine) {
  return [x.length, stride, flag(inverse), scaleMaps[scale], limit, offset, least] as const;
}
