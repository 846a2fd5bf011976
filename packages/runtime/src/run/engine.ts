import type { AdamArithmetic } from "@pushforward/core/plain";
import type { Kernels } from "@pushforward/kernels";

/** A block of memory, and what computes on arrays in it. */
export interface EngineMemory {
  readonly buffer: ArrayBuffer;
  readonly kernels: Kernels;
  readonly adam: AdamArithmetic;
}

/** What computes: `scalarEngine`, or `wasmEngine()` of `@pushforward/runtime/wasm`. */
export interface Engine {
  readonly name: string;
  /** A block of memory of at least so many bytes, whose buffer stays the same. */
  open(bytes: number): EngineMemory;
}
