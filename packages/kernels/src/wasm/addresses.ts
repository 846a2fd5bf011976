declare const role: unique symbol;

/** Where an array is, in bytes; 0 where there is none. */
export type Address = number & { readonly [role]: "address" };

/** 0 or 1. */
export type Flag = number & { readonly [role]: "flag" };

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
