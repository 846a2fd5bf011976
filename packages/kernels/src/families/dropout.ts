import type { KernelExports } from "../generated/kernel-abi.ts";
import { at } from "../wasm/addresses.ts";

/** What dropout multiplies by. */
export interface DropoutKernels {
  /**
   * What dropout multiplies by: 0 where 16 bits of a key are below the rate, and 1/(1 − rate) elsewhere; the rate is
   * rounded to a multiple of 2⁻¹⁶. The key has the words k0 and k1. A block of its draws is for four numbers; the first
   * of them is `firstBlock`. Scratch holds 16 numbers.
   */
  dropoutMask(k0: number, k1: number, firstBlock: number, rate: number, out: Float32Array, scratch: Float32Array): void;
}

/** How 16 bits decide what dropout multiplies by: 0 below the limit, and what the others are. */
export function dropoutValues(rate: number): { readonly limit: number; readonly kept: number } {
  const limit = Math.min(Math.round(rate * 2 ** 16), 2 ** 16 - 1);
  return { limit, kept: 2 ** 16 / (2 ** 16 - limit) };
}

/** How they are computed by the functions of a module. */
export function dropoutCalls(calls: KernelExports): DropoutKernels {
  return {
    dropoutMask(k0, k1, firstBlock, rate, out, scratch) {
      const { limit, kept } = dropoutValues(rate);
      calls.dropoutMask(k0, k1, firstBlock, limit, kept, at(out), out.length, at(scratch));
    },
  };
}
