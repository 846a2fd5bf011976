import type { KernelExports } from "../generated/kernel-abi.ts";
import { at } from "../wasm/addresses.ts";

/** Arithmetic on numbers one by one. */
export interface ArithmeticKernels {
  /** `to += values`. */
  add(values: Float32Array, to: Float32Array): void;
  /** `to = values ⊙ factors`; to may be either. */
  multiply(values: Float32Array, factors: Float32Array, to: Float32Array): void;
}

/** How they are computed by the functions of a module. */
export function arithmeticCalls(calls: KernelExports): ArithmeticKernels {
  return {
    add(values, to) {
      calls.add(at(values), at(to), to.length);
    },
    multiply(values, factors, to) {
      calls.multiply(at(values), at(factors), at(to), to.length);
    },
  };
}
