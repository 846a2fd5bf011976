import { kernelsOn, type WasmModule } from "@pushforward/kernels/wasm";
import type { Engine } from "./engine.ts";

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
