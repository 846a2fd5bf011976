import type { KernelExports } from "../generated/kernel-abi.ts";
import { at } from "../wasm/addresses.ts";

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
