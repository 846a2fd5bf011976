import type { WasmKernels } from "../contract/kernels.ts";
import { at } from "./addresses.ts";
import type { KernelExports } from "./kernel-abi.ts";

/** What only WebAssembly has. */
export function updateCalls(
  calls: KernelExports,
): Pick<WasmKernels, "squaredNorm" | "adamStep" | "moveAverage" | "normals"> {
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
    normals([k0, k1], firstBlock, out, scratch) {
      calls.normals(k0, k1, firstBlock, at(out), out.length, at(scratch));
    },
  };
}
