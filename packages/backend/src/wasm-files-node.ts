import { fileURLToPath } from "node:url";

/** Paths of the WebAssembly binaries that this package ships. */
export function wasmFiles(): Record<string, string> {
  const path = (name: string): string => fileURLToPath(new URL(`../assets/${name}`, import.meta.url));
  return {
    "tfjs-backend-wasm.wasm": path("tfjs-backend-wasm.wasm"),
    "tfjs-backend-wasm-simd.wasm": path("tfjs-backend-wasm-simd.wasm"),
    "tfjs-backend-wasm-threaded-simd.wasm": path("tfjs-backend-wasm-threaded-simd.wasm"),
  };
}
