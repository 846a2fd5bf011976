declare const role: unique symbol;

/** Byte address of an array; 0 means no array. */
export type Address = number & { readonly [role]: "address" };

/** 0 or 1. */
export type Flag = number & { readonly [role]: "flag" };

/**
 * Returns the address of an array, or of a part that begins at `start`. Allocators never place an array at 0, so 0
 * means "none". A view that was detached when the memory grew also has offset 0: a kernel would overwrite foreign
 * memory there.
 */
export function at(view: Float32Array | Int32Array | undefined, start: number = 0): Address {
  if (view === undefined) return 0 as Address;
  if (view.byteOffset === 0) throw new Error("wasmKernels: expected views of the memory, got one from before it grew.");
  return (view.byteOffset + 4 * start) as Address;
}

export function flag(value: boolean | undefined): Flag {
  return (value ? 1 : 0) as Flag;
}
