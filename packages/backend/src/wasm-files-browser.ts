/** Addresses of the WebAssembly binaries that this package ships; bundlers find each `new URL` and emit the file. */
export function wasmFiles(): Record<string, string> {
  return {
    "tfjs-backend-wasm.wasm": new URL("../assets/tfjs-backend-wasm.wasm", import.meta.url).href,
    "tfjs-backend-wasm-simd.wasm": new URL("../assets/tfjs-backend-wasm-simd.wasm", import.meta.url).href,
    "tfjs-backend-wasm-threaded-simd.wasm": new URL("../assets/tfjs-backend-wasm-threaded-simd.wasm", import.meta.url)
      .href,
  };
}
