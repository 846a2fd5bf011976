import type { AdamArithmetic } from "@pushforward/core/plain";
import type { Kernels } from "@pushforward/kernels";
import { kernelsOn, type WasmModule } from "@pushforward/kernels/wasm";

/** A block of memory, and the kernels for arrays in it. */
export interface EngineMemory {
  readonly buffer: ArrayBuffer;
  readonly kernels: Kernels;
  readonly adam: AdamArithmetic;
}

/** Compute engine: `scalarEngine`, or `wasmEngine()` of `@pushforward/runtime/wasm`. */
export interface Engine {
  readonly name: string;
  /** Allocates a block of at least `bytes` bytes with a buffer that stays the same. */
  open(bytes: number): EngineMemory;
}

const PAGE = 65_536;

/** Computes with a compiled module of the kernels, for a page that brings the module along. */
export function moduleEngine(module: WasmModule): Engine {
  return {
    name: "wasm",
    open: (bytes) => {
      const memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / PAGE) });
      const kernels = kernelsOn(memory, module);
      return { buffer: memory.buffer, kernels, adam: kernels };
    },
  };
}
