import type { AdamArithmetic } from "@pushforward/core/plain";
import type { KernelExports } from "../generated/kernel-abi.ts";
import { at } from "../wasm/addresses.ts";

/** Updates of parameters. */
export interface UpdateKernels extends AdamArithmetic {
  /** `average ← decay·average + (1 − decay)·values` for the averages from `start` on. */
  moveAverage(averages: Float32Array, start: number, values: Float32Array, decay: number): void;
}

/** How they are computed by the functions of a module. */
export function updateCalls(calls: KernelExports): UpdateKernels {
  return {
    squaredNorm(values) {
      return calls.squaredNorm(at(values), values.length);
    },
    adamStep(values, gradient, first, second, next, settings) {
      const { beta1, beta2, epsilon, keep, stepSize, rootScale, scale, floor1, floor2 } = settings;
      const allFinite = calls.adamStep(
        at(values),
        at(gradient),
        at(first),
        at(second),
        at(next),
        values.length,
        beta1,
        beta2,
        epsilon,
        keep,
        stepSize,
        rootScale,
        scale,
        floor1,
        floor2,
      );
      return allFinite === 1;
    },
    moveAverage(averages, start, values, decay) {
      calls.moveAverage(at(averages, start), at(values), values.length, decay);
    },
  };
}
