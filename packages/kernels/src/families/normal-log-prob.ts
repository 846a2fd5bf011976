import type { KernelExports } from "../generated/kernel-abi.ts";
import { at } from "../wasm/addresses.ts";

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
