import type { Address, Flag } from "./kernel-abi.ts";

/**
 * Where an array is, or a part that begins at `start`. 0 is where no allocator puts an array, and stands for "none". It is
 * also the offset of a view that was detached when the memory grew: a kernel would write over what belongs to others.
 */
export function at(view: Float32Array | Int32Array | undefined, start: number = 0): Address {
  if (view === undefined) return 0 as Address;
  if (view.byteOffset === 0) throw new Error("wasmKernels: expected views of the memory, got one from before it grew.");
  return (view.byteOffset + 4 * start) as Address;
}

export function flag(value: boolean | undefined): Flag {
  return (value ? 1 : 0) as Flag;
}
